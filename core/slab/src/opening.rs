//! How processes come to a segment that they share.

use std::path::Path;
use std::sync::Arc;

use metrion_model::Result;

use crate::layout::Geometry;
use crate::segment::Segment;

/// How to open a segment that processes share.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// The bounds of a segment that is not there yet; one that is there has its own.
    pub geometry: Geometry,
    /// Keys the directory's hashes of a segment that is not there yet.
    pub hash_seed: u64,
    /// Whether a file that is damaged, or of another version, gets another name, and a new one its place. If
    /// not, it is an error.
    pub move_damaged_aside: bool,
}

#[cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
mod linux {
    use std::time::{Duration, Instant};

    use metrion_model::{Error, ErrorCode};

    use super::{Arc, Opening, Path, Result, Segment};
    use crate::layout::Layout;
    use crate::mapping::Mapping;
    use crate::shared_file::{Opened, SharedFile};
    use crate::sharing::Sharing;

    impl Segment {
        /// The segment in the file of this name, which is made when there is none. Any number of processes
        /// may do so at the same time.
        ///
        /// # Errors
        /// `damaged` and `other_version` for a file that cannot be used, unless it is moved aside; `io` when
        /// the operating system refuses, and for a file of somebody else.
        pub fn shared(path: &Path, opening: Opening) -> Result<Arc<Self>> {
            const PATIENCE: Duration = Duration::from_secs(5);
            let start = Instant::now();
            // Others may make, move or remove the file between two of these steps: then all begins anew.
            loop {
                match SharedFile::open(path, true)? {
                    Some(Opened::Good(file, layout)) => return Self::mapped(file, layout, false),
                    Some(Opened::Bad(file, error)) => {
                        if !opening.move_damaged_aside {
                            return Err(error);
                        }
                        let moved = file.move_aside(path);
                        if start.elapsed() > PATIENCE {
                            return Err(moved.err().unwrap_or(error));
                        }
                        std::thread::yield_now();
                    }
                    None => {
                        let made = SharedFile::create(path, opening.geometry, opening.hash_seed)?;
                        if let Some((file, layout)) = made {
                            return Self::mapped(file, layout, false);
                        }
                        if start.elapsed() > PATIENCE {
                            let message = format!("{} comes and goes", path.display());
                            return Err(Error::new(ErrorCode::Io, message));
                        }
                    }
                }
            }
        }

        /// A segment without a name, which this process and the children that it forks share.
        ///
        /// # Errors
        /// `io` when the operating system refuses.
        pub fn inheritable(opening: Opening) -> Result<Arc<Self>> {
            let (file, layout) = SharedFile::nameless(opening.geometry, opening.hash_seed)?;
            Self::mapped(file, layout, false)
        }

        /// A look at the segment in a file: what is written to it stays in this process. Nobody needs to be
        /// there who writes to it, and a file system that is read-only will do.
        ///
        /// # Errors
        /// `not_found` when there is no such file; else as for [`Segment::shared`].
        pub fn look(path: &Path) -> Result<Arc<Self>> {
            let (file, layout) = match SharedFile::open(path, false)? {
                Some(Opened::Good(file, layout)) => (file, layout),
                Some(Opened::Bad(_, error)) => return Err(error),
                None => {
                    let message = format!("there is no {}", path.display());
                    return Err(Error::new(ErrorCode::NotFound, message));
                }
            };
            Self::mapped(file, layout, true)
        }

        fn mapped(file: SharedFile, layout: Layout, is_view: bool) -> Result<Arc<Self>> {
            let mapping = Mapping::of_file(file.as_fd(), layout.words, !is_view)?;
            let sharing = Sharing::new(file, &layout, is_view);
            Ok(Self::over(mapping, layout, Some(sharing)))
        }
    }
}

#[cfg(not(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri))))]
mod elsewhere {
    use metrion_model::{Error, ErrorCode};

    use super::{Arc, Opening, Path, Result, Segment};

    impl Segment {
        /// A segment in a file: on Linux only.
        ///
        /// # Errors
        /// `unsupported`.
        pub fn shared(_path: &Path, _opening: Opening) -> Result<Arc<Self>> {
            Err(unsupported())
        }

        /// A segment that a process and the children that it forks share: on Linux only.
        ///
        /// # Errors
        /// `unsupported`.
        pub fn inheritable(_opening: Opening) -> Result<Arc<Self>> {
            Err(unsupported())
        }

        /// A look at the segment in a file: on Linux only.
        ///
        /// # Errors
        /// `unsupported`.
        pub fn look(_path: &Path) -> Result<Arc<Self>> {
            Err(unsupported())
        }
    }

    fn unsupported() -> Error {
        let message = "a registry can be shared between processes on 64-bit Linux only";
        Error::new(ErrorCode::Unsupported, message)
    }
}
