//! Lets the module leave Node's own symbols to the program that loads it.

fn main() {
    napi_build::setup();
}
