//! The memory of a segment: a fixed range of zeroed 64-bit words that is reserved once and filled by
//! the operating system page by page, as words are first touched.
#![allow(unsafe_code)]

#[cfg(all(unix, not(loom), not(miri)))]
mod memory {
    use std::ptr::{self, NonNull};
    #[cfg(target_os = "linux")]
    use std::{
        fs::File,
        io,
        ops::Range,
        os::fd::{AsRawFd, BorrowedFd},
    };

    use metrion_model::{Error, ErrorCode, Result};

    use crate::sync::AtomicU64;

    /// A private mapping without a file, or one of a file.
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

        /// A mapping of the first `len` words of a file: shared, or a copy of what is there that is
        /// made page by page when this process writes to it.
        #[cfg(target_os = "linux")]
        pub(crate) fn of_file(file: BorrowedFd<'_>, len: usize, is_shared: bool) -> Result<Self> {
            let sharing = if is_shared { libc::MAP_SHARED } else { libc::MAP_PRIVATE };
            // SAFETY: a fresh mapping at an address of the kernel's choice touches no memory of ours. The
            // words are atomics: others that have the file mapped may change them.
            let start = unsafe {
                libc::mmap(
                    ptr::null_mut(),
                    len * size_of::<u64>(),
                    libc::PROT_READ | libc::PROT_WRITE,
                    sharing | libc::MAP_NORESERVE,
                    file.as_raw_fd(),
                    0,
                )
            };
            match NonNull::new(start.cast::<AtomicU64>()) {
                Some(words) if start != libc::MAP_FAILED => Ok(Self { words, len }),
                _ => Err(Error::io("cannot map a shared registry", &io::Error::last_os_error())),
            }
        }

        /// Maps the words anew through another description of the same file. Whether it worked.
        #[cfg(target_os = "linux")]
        pub(crate) fn renew(&self, file: BorrowedFd<'_>) -> bool {
            let start = self.words.as_ptr().cast();
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let flags = libc::MAP_SHARED | libc::MAP_NORESERVE | libc::MAP_FIXED;
            let bytes = self.len * size_of::<u64>();
            // SAFETY: exactly the range of this mapping, and the same words of the same file again.
            unsafe { libc::mmap(start, bytes, access, flags, file.as_raw_fd(), 0) == start }
        }

        /// Makes sure that a range of a shared mapping has memory. Without it, an access would end the
        /// process.
        #[cfg(target_os = "linux")]
        pub(crate) fn allocate(
            &self,
            words: Range<usize>,
            file: impl Fn() -> Option<File>,
        ) -> bool {
            let page = page_words();
            let start = words.start / page * page;
            let end = words.end.next_multiple_of(page).min(self.len);
            let bytes = (end - start) * size_of::<u64>();
            // SAFETY: the range is within the mapping, and the call changes no content.
            let populated = unsafe {
                let start = self.words.as_ptr().add(start).cast();
                libc::madvise(start, bytes, libc::MADV_POPULATE_WRITE) == 0
            };
            if populated || io::Error::last_os_error().raw_os_error() != Some(libc::EINVAL) {
                return populated;
            }
            // Kernels before 5.14.
            let offset = (start * size_of::<u64>()) as libc::off_t;
            let bytes = bytes as libc::off_t;
            // SAFETY: the call touches no memory of ours.
            file().is_some_and(|file| unsafe {
                libc::posix_fallocate(file.as_raw_fd(), offset, bytes) == 0
            })
        }

        #[inline]
        pub(crate) fn words(&self) -> &[AtomicU64] {
            // SAFETY: the mapping is `len` words long, page-aligned, readable and writable until
            // `drop`, and zeroed by the kernel, which is a valid AtomicU64.
            unsafe { std::slice::from_raw_parts(self.words.as_ptr(), self.len) }
        }
    }

    /// Words of the kernel's page.
    #[cfg(target_os = "linux")]
    pub(crate) fn page_words() -> usize {
        // SAFETY: asks for a number.
        let bytes = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
        usize::try_from(bytes).unwrap_or(4096) / size_of::<u64>()
    }

    /// Words of a shared mapping at a second address, which stays the same when the words behind it
    /// change. Pages that were not taken in are zeros, and what is written there goes nowhere.
    #[cfg(target_os = "linux")]
    #[derive(Debug)]
    pub(crate) struct Window {
        words: NonNull<AtomicU64>,
        len: usize,
    }

    // SAFETY: as for `Mapping`.
    #[cfg(target_os = "linux")]
    unsafe impl Send for Window {}
    // SAFETY: as for `Mapping`.
    #[cfg(target_os = "linux")]
    unsafe impl Sync for Window {}

    #[cfg(target_os = "linux")]
    impl Window {
        pub(crate) fn new(len: usize) -> Option<Self> {
            // SAFETY: a fresh mapping at an address of the kernel's choice touches no memory of ours.
            let start = unsafe { Self::map_zeros(ptr::null_mut(), len, 0) };
            NonNull::new(start.cast())
                .filter(|_| start != libc::MAP_FAILED)
                .map(|words| Self { words, len })
        }

        /// # Safety
        /// With `MAP_FIXED` the range is a window's.
        unsafe fn map_zeros(
            start: *mut libc::c_void,
            len: usize,
            fixed: libc::c_int,
        ) -> *mut libc::c_void {
            let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE | fixed;
            // SAFETY: the caller's promise.
            unsafe {
                let access = libc::PROT_READ | libc::PROT_WRITE;
                libc::mmap(start, len * size_of::<u64>(), access, flags, -1, 0)
            }
        }

        /// Lets go of all pages. Whether it worked.
        pub(crate) fn clear(&self) -> bool {
            let start = self.words.as_ptr().cast();
            // SAFETY: exactly the range of this window.
            unsafe { Self::map_zeros(start, self.len, libc::MAP_FIXED) == start }
        }

        /// Takes in the words `range` of the window, which are those of the mapping from `from` on, in whole
        /// pages of the kernel. Whether it worked.
        pub(crate) fn take_in(&self, range: Range<usize>, mapping: &Mapping, from: usize) -> bool {
            let page = page_words();
            let first = range.start / page * page;
            let words = range.end.next_multiple_of(page).min(self.len) - first;
            let from = from - (range.start - first);
            if range.end > self.len || from + words > mapping.len || !from.is_multiple_of(page) {
                return false;
            }
            // SAFETY: both ranges are within the two mappings. An old length of 0 asks for a second mapping of
            // the same pages, which the kernel makes of shared ones; the first stays.
            unsafe {
                let to: *mut libc::c_void = self.words.as_ptr().add(first).cast();
                let flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
                let bytes = words * size_of::<u64>();
                let from = mapping.words.as_ptr().add(from).cast();
                // A refusal may come after the kernel has unmapped what was there.
                libc::mremap(from, 0, bytes, flags, to) == to || {
                    Self::map_zeros(to, words, libc::MAP_FIXED);
                    false
                }
            }
        }

        #[inline]
        pub(crate) fn words(&self) -> &[AtomicU64] {
            // SAFETY: the window is `len` words long, readable and writable until `drop`, and each page is
            // zeros at first or words of a mapping.
            unsafe { std::slice::from_raw_parts(self.words.as_ptr(), self.len) }
        }
    }

    #[cfg(target_os = "linux")]
    impl Drop for Window {
        fn drop(&mut self) {
            // SAFETY: exactly the range that was mapped; no reference into it outlives `self`.
            unsafe { libc::munmap(self.words.as_ptr().cast(), self.len * size_of::<u64>()) };
        }
    }

    impl Drop for Mapping {
        fn drop(&mut self) {
            // SAFETY: exactly the range that was mapped; no reference into it outlives `self`.
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
#[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
pub(crate) use memory::{Window, page_words};
