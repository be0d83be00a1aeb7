//! The file behind a shared segment: made or opened without races, checked, and locked by the byte.
#![allow(unsafe_code)]

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use metrion_model::{Error, ErrorCode, Result};

use crate::layout::{Geometry, Layout, MAGIC, VERSION, header};

/// Whoever opens a segment must be its owner, and nobody else may reach it.
const MODE: u32 = 0o600;

/// An open file of a segment.
///
/// Its descriptor may be closed by foreign code that closes all of them, and the number be another file's
/// then: every use checks that it is still this one.
#[derive(Debug)]
pub(crate) struct SharedFile {
    file: ManuallyDrop<File>,
    device: u64,
    inode: u64,
    /// Its name, if it has one, for the time when the descriptor is gone.
    path: Option<PathBuf>,
}

impl Drop for SharedFile {
    fn drop(&mut self) {
        // Not the descriptor of somebody else who was given its number.
        if self.get().is_some() {
            // SAFETY: nothing uses the file after this.
            unsafe { ManuallyDrop::drop(&mut self.file) };
        }
    }
}

/// What opening a file that is there came to.
#[derive(Debug)]
pub(crate) enum Opened {
    Good(SharedFile, Layout),
    /// It cannot be used, and why.
    Bad(SharedFile, Error),
}

impl SharedFile {
    fn new(file: File, path: Option<&Path>) -> io::Result<Self> {
        let metadata = file.metadata()?;
        // A relative one means something else after a change of the folder.
        let path = path.map(std::path::absolute).transpose()?;
        let file = ManuallyDrop::new(file);
        Ok(Self { file, device: metadata.dev(), inode: metadata.ino(), path })
    }

    /// The descriptor of a file that was just opened.
    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// The file, if the descriptor is still its own.
    pub(crate) fn get(&self) -> Option<&File> {
        let metadata = self.file.metadata().ok()?;
        (metadata.dev() == self.device && metadata.ino() == self.inode).then_some(&self.file)
    }

    /// Opens the same file once more: the locks of that description are others.
    pub(crate) fn reopened(&self) -> Option<Self> {
        let by_descriptor =
            self.get().map(|file| PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd())));
        let names = by_descriptor.into_iter().chain(self.path.clone());
        let mut files = names.filter_map(|name| {
            let mut options = OpenOptions::new();
            let file = options.read(true).write(true).custom_flags(libc::O_NONBLOCK).open(name);
            Self::new(file.ok()?, self.path.as_deref()).ok()
        });
        files.find(|file| file.device == self.device && file.inode == self.inode)
    }

    /// Goes on with another description of the same file.
    pub(crate) fn replace(&mut self, new: Self) {
        let mut old = std::mem::replace(self, new);
        if old.file.as_raw_fd() == self.file.as_raw_fd() {
            // Its descriptor was closed, and the new one has its number.
            old.path = None;
            std::mem::forget(old);
        }
    }

    /// Takes the lock of a byte unless another description has it. The kernel gives it up when nothing
    /// refers to this description any more: no descriptor, and no mapping that was made with it.
    pub(crate) fn try_lock(&self, byte: usize) -> bool {
        self.call(libc::F_OFD_SETLK, libc::F_WRLCK, byte).is_some()
    }

    /// Whether another description has the lock of a byte; `None` where nobody can tell.
    pub(crate) fn is_locked(&self, byte: usize) -> Option<bool> {
        let answer = self.call(libc::F_OFD_GETLK, libc::F_WRLCK, byte)?;
        Some(i32::from(answer.l_type) != libc::F_UNLCK)
    }

    /// Takes the lock of a byte together with all others that hold it. Who asks whether it is locked hears that
    /// somebody does.
    pub(crate) fn hold(&self, byte: usize) {
        self.call(libc::F_OFD_SETLK, libc::F_RDLCK, byte);
    }

    /// Gives the lock of a byte back.
    pub(crate) fn unlock(&self, byte: usize) {
        self.call(libc::F_OFD_SETLK, libc::F_UNLCK, byte);
    }

    fn call(&self, command: libc::c_int, kind: libc::c_int, byte: usize) -> Option<libc::flock> {
        let file = self.get()?;
        // SAFETY: a plain struct of numbers, for which all zeros is a value.
        let mut lock: libc::flock = unsafe { std::mem::zeroed() };
        lock.l_type = kind as libc::c_short;
        lock.l_whence = libc::SEEK_SET as libc::c_short;
        lock.l_start = byte as libc::off_t;
        lock.l_len = 1;
        // SAFETY: the call reads and writes the struct, which outlives it.
        let done = unsafe { libc::fcntl(file.as_raw_fd(), command, &raw mut lock) };
        (done == 0).then_some(lock)
    }

    /// A file without a name, for a process and the children that it forks.
    pub(crate) fn nameless(geometry: Geometry, hash_seed: u64) -> Result<(Self, Layout)> {
        // SAFETY: the name is a C string; the call makes a new descriptor.
        let descriptor = unsafe { libc::memfd_create(c"metrion".as_ptr(), libc::MFD_CLOEXEC) };
        if descriptor < 0 {
            return Err(Error::io("cannot make shared memory", &io::Error::last_os_error()));
        }
        // SAFETY: the descriptor is new and nobody else's.
        let file = unsafe { File::from_raw_fd(descriptor) };
        let layout = Layout::new(geometry);
        let filled = fill(&file, &layout, hash_seed).and_then(|()| Self::new(file, None));
        let file = filled.map_err(|error| Error::io("cannot make shared memory", &error))?;
        Ok((file, layout))
    }

    /// Makes a file whole and then gives it its name: nobody ever sees half of one, whenever its maker
    /// ends. `None` when there is a file of that name.
    pub(crate) fn create(
        path: &Path,
        geometry: Geometry,
        hash_seed: u64,
    ) -> Result<Option<(Self, Layout)>> {
        let layout = Layout::new(geometry);
        let make = || -> io::Result<Option<Self>> {
            let (file, name) = unnamed_file(path)?;
            let named = fill(&file, &layout, hash_seed).and_then(|()| match &name {
                None => link_descriptor(&file, path),
                Some(name) => std::fs::hard_link(name, path),
            });
            if let Some(name) = &name {
                // Whether or not it has its name now, it needs this one no more.
                let _gone = std::fs::remove_file(name);
            }
            match named {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
                named => named.and_then(|()| Self::new(file, Some(path))).map(Some),
            }
        };
        let file = make().map_err(|error| {
            Error::io(format_args!("cannot make the shared registry {}", path.display()), &error)
        })?;
        Ok(file.map(|file| (file, layout)))
    }

    /// Opens the file of that name; `None` when there is none.
    pub(crate) fn open(path: &Path, writable: bool) -> Result<Option<Opened>> {
        let fault = |error: &io::Error| {
            let what = format!("cannot open the shared registry {}", path.display());
            match error.raw_os_error() {
                Some(libc::ELOOP) => Error::io(format_args!("{what}, a symbolic link"), error),
                _ => Error::io(what, error),
            }
        };
        let mut options = OpenOptions::new();
        // Not to wait for the other end of a pipe.
        options.read(true).write(writable).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK);
        let file = match options.open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(fault(&error)),
        };
        check_owner(&file, path).map_err(|error| fault(&error))?;
        let checked = read_layout(&file, path).map_err(|error| fault(&error))?;
        let file = Self::new(file, Some(path)).map_err(|error| fault(&error))?;
        Ok(Some(match checked {
            Ok(layout) => Opened::Good(file, layout),
            Err(error) => Opened::Bad(file, error),
        }))
    }

    /// Gives the file that is at `path` another name, if it is still this one. Of several that want to do so,
    /// one does.
    pub(crate) fn move_aside(&self, path: &Path) -> Result<()> {
        let fault = |error| Error::io(format_args!("cannot move {} aside", path.display()), &error);
        // The lock is on the file that goes, so that nobody moves the new one.
        // SAFETY: the call takes two numbers.
        if unsafe { libc::flock(self.file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } != 0 {
            return Err(fault(io::Error::last_os_error()));
        }
        match std::fs::symlink_metadata(path) {
            Ok(there) if there.dev() == self.device && there.ino() == self.inode => {}
            _ => return Ok(()),
        }
        let aside = |number: u32| {
            let mut name = path.as_os_str().to_owned();
            name.push(format!(".damaged-{number}"));
            PathBuf::from(name)
        };
        let free = (1..).map(aside).find(|name| std::fs::symlink_metadata(name).is_err());
        free.map_or(Ok(()), |name| std::fs::rename(path, name)).map_err(fault)
    }
}

/// A new file in the folder of `path`, without a name or, where the file system knows no such, with the
/// one that is returned.
fn unnamed_file(path: &Path) -> io::Result<(File, Option<PathBuf>)> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut options = OpenOptions::new();
    options.read(true).write(true).mode(MODE);
    let nameless = options.clone().custom_flags(libc::O_TMPFILE).open(folder);
    match nameless {
        Err(error)
            if matches!(
                error.raw_os_error(),
                Some(libc::EOPNOTSUPP | libc::EISDIR | libc::EINVAL)
            ) => {}
        other => return Ok((other?, None)),
    }
    options.create_new(true);
    // Other threads may do the same, and processes of other containers, which may have this one's number.
    let mut number = 0;
    loop {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".new-{}-{number}", std::process::id()));
        let name = PathBuf::from(name);
        match options.open(&name) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            opened => return Ok((opened?, Some(name))),
        }
    }
}

fn link_descriptor(file: &File, path: &Path) -> io::Result<()> {
    let from = CString::new(format!("/proc/self/fd/{}", file.as_raw_fd()))?;
    let to = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: both are C strings that outlive the call.
    let linked = unsafe {
        libc::linkat(
            libc::AT_FDCWD,
            from.as_ptr(),
            libc::AT_FDCWD,
            to.as_ptr(),
            libc::AT_SYMLINK_FOLLOW,
        )
    };
    if linked == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Makes a new file an empty segment.
fn fill(file: &File, layout: &Layout, hash_seed: u64) -> io::Result<()> {
    let bytes = (layout.words * size_of::<u64>()) as u64;
    if bytes > longest_file() {
        // The kernel would not only refuse it, but also send a signal that ends the process.
        return Err(io::Error::from_raw_os_error(libc::EFBIG));
    }
    file.set_len(bytes)?;
    let initial = (layout.initial_words() * size_of::<u64>()) as libc::off_t;
    // SAFETY: the call touches no memory of ours.
    match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, initial) } {
        0 => {}
        error => return Err(io::Error::from_raw_os_error(error)),
    }
    let words = header::of(&layout.geometry, hash_seed);
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    file.write_all_at(&bytes, 0)
}

/// How many bytes long a file may become that this process writes.
fn longest_file() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the call writes to the struct, which outlives it.
    unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    limit.rlim_cur
}

/// Refuses a file that somebody else could have made or changed.
fn check_owner(file: &File, path: &Path) -> io::Result<()> {
    let metadata = file.metadata()?;
    let refuse = |why: &str| {
        let message = format!("{} {why}", path.display());
        Err(io::Error::new(io::ErrorKind::PermissionDenied, message))
    };
    if !metadata.is_file() {
        return refuse("is no regular file");
    }
    // SAFETY: asks for a number.
    if metadata.uid() != unsafe { libc::geteuid() } {
        return refuse("belongs to another user");
    }
    if metadata.mode() & 0o077 != 0 {
        return refuse("is open to other users: its mode must be 0600");
    }
    Ok(())
}

/// The layout that the header says; the inner error when it is none that this version can use.
fn read_layout(file: &File, path: &Path) -> io::Result<Result<Layout>> {
    let damaged = |what: &str| {
        let message = format!("{} is no good shared registry: {what}", path.display());
        Ok(Err(Error::new(ErrorCode::Damaged, message)))
    };
    let mut bytes = [0; header::WORDS * size_of::<u64>()];
    match file.read_exact_at(&mut bytes, 0) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
            return damaged("it is too short");
        }
        read => read?,
    }
    let mut words = [0; header::WORDS];
    for (word, bytes) in words.iter_mut().zip(bytes.chunks_exact(size_of::<u64>())) {
        *word = bytes.try_into().map_or(0, u64::from_le_bytes);
    }
    let [magic, version, ..] = words;
    if magic != MAGIC {
        return damaged("it does not begin as one");
    }
    if version != VERSION {
        let message = format!(
            "{} is a shared registry of layout version {version}, and this program knows version {VERSION}: \
             use the same version of Metrion in all processes, or another path",
            path.display()
        );
        return Ok(Err(Error::new(ErrorCode::OtherVersion, message)));
    }
    let Some(geometry) = header::geometry(&words) else {
        return damaged("its header does not agree with itself");
    };
    let layout = Layout::new(geometry);
    if file.metadata()?.len() != (layout.words * size_of::<u64>()) as u64 {
        return damaged("its length is not what the header says");
    }
    Ok(Ok(layout))
}
