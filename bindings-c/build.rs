//! Gives the shared library the name by which programs find it, and keeps it where it is once it is
//! loaded: threads have destructors in it.

fn main() {
    let system = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    match system.as_str() {
        "linux" => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libmetrion.so.0,-z,nodelete");
        }
        "macos" => {
            println!("cargo::rustc-cdylib-link-arg=-Wl,-install_name,@rpath/libmetrion.0.dylib");
        }
        _ => {}
    }
    println!("cargo::rerun-if-changed=build.rs");
}
