//! The memory of a segment: a fixed range of zeroed 64-bit words that is reserved once and filled by
//! the operating system page by page, as words are first touched.
#![allow(unsafe_code)]

#[cfg(all(unix, not(loom), not(miri)))]
mod memory {
    use std::ptr::{self, NonNull};

    use metrion_model::{Error, ErrorCode, Result};

    use crate::sync::AtomicU64;

    /// An anonymous private mapping.
    #[derive(Debug)]
    pub(crate) struct Mapping {
        words: NonNull<AtomicU64>,
        len: usize,
    }

    // SAFETY: the mapping is plain memory that is valid from any thread until it is dropped, and all
    // access to it goes through atomics.
    unsafe impl Send for Mapping {}
    // SAFETY: as above.
    unsafe impl Sync for Mapping {}

    impl Mapping {
        pub(crate) fn private(len: usize) -> Result<Self> {
            // SAFETY: a fresh anonymous mapping at an address of the kernel's choice touches no memory
            // of ours. MAP_NORESERVE: the range is a bound, not a demand.
            let start = unsafe {
                libc::mmap(
                    ptr::null_mut(),
                    len * size_of::<u64>(),
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                    -1,
                    0,
                )
            };
            match NonNull::new(start.cast::<AtomicU64>()) {
                Some(words) if start != libc::MAP_FAILED => Ok(Self { words, len }),
                _ => Err(Error::new(
                    ErrorCode::LimitReached,
                    format!(
                        "cannot reserve {} MiB of address space for a registry: {}; lower its bounds \
                         or the process's address-space limit is too small",
                        (len * size_of::<u64>()) >> 20,
                        std::io::Error::last_os_error()
                    ),
                )),
            }
        }

        #[inline]
        pub(crate) fn words(&self) -> &[AtomicU64] {
            // SAFETY: the mapping is `len` words long, page-aligned, readable and writable until
            // `drop`, and zeroed by the kernel, which is a valid AtomicU64.
            unsafe { std::slice::from_raw_parts(self.words.as_ptr(), self.len) }
        }
    }

    impl Drop for Mapping {
        fn drop(&mut self) {
            // SAFETY: exactly the range that `private` mapped; no reference into it outlives `self`.
            unsafe { libc::munmap(self.words.as_ptr().cast(), self.len * size_of::<u64>()) };
        }
    }
}

#[cfg(not(all(unix, not(loom), not(miri))))]
mod memory {
    use metrion_model::{Error, ErrorCode, Result};

    use crate::sync::AtomicU64;

    /// Zeroed heap memory, for platforms without mmap and for loom and miri, which must see it.
    #[derive(Debug)]
    pub(crate) struct Mapping {
        words: Box<[AtomicU64]>,
    }

    impl Mapping {
        pub(crate) fn private(len: usize) -> Result<Self> {
            let mut words = Vec::new();
            words.try_reserve_exact(len).map_err(|_| {
                let mib = len / ((1 << 20) / size_of::<u64>());
                let message =
                    format!("there are no {mib} MiB of memory for a registry: lower its bounds");
                Error::new(ErrorCode::LimitReached, message)
            })?;
            words.resize_with(len, || AtomicU64::new(0));
            Ok(Self { words: words.into_boxed_slice() })
        }

        #[inline]
        pub(crate) fn words(&self) -> &[AtomicU64] {
            &self.words
        }
    }
}

pub(crate) use memory::Mapping;
