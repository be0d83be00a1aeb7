//! What the tests of shared segments have in common: files, workers in processes of their own, and a board
//! on which these write what they have done.
#![allow(dead_code, unsafe_code, clippy::unwrap_used, clippy::indexing_slicing)]

use std::fs::{self, File, OpenOptions};
use std::ops::Deref;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, ptr, slice};

use metrion_slab::{CellsOf, Entry, EntryKind, Geometry, NewEntry, Opening, Segment};

pub(crate) const OPENING: Opening = Opening {
    geometry: Geometry { slabs: 4, cells: 1 << 15, entries: 256, key_words: 1 << 12, processes: 3 },
    hash_seed: 7,
    move_damaged_aside: false,
};

/// Nothing that a test waits for takes so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Whether the long form of the tests is asked for.
pub(crate) fn is_soak() -> bool {
    env::var_os("METRION_SOAK").is_some()
}

/// A folder of its own for each test, removed with it.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("metrion-{name}-{}", std::process::id()));
        let _old = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.0.join("segment")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn open(path: &Path) -> Arc<Segment> {
    Segment::shared(path, OPENING).unwrap()
}

pub(crate) fn new_series(key: &str, of: CellsOf) -> NewEntry<'_> {
    NewEntry {
        kind: EntryKind::Series,
        family: 9,
        key: key.as_bytes(),
        cells: 2,
        of,
        payload: 1,
        created: 5.0,
    }
}

pub(crate) fn series(segment: &Segment, key: &str, of: CellsOf) -> Entry {
    segment.insert(&new_series(key, of)).unwrap().0
}

/// Kinds without cells, and [`EntryKind::Sparse`] with as many cells as words.
pub(crate) fn part(segment: &Segment, kind: EntryKind, key: &str, words: u32) -> Entry {
    let cells = if kind == EntryKind::Sparse { words } else { 0 };
    let of = CellsOf::Writers;
    let new =
        NewEntry { kind, family: 9, key: key.as_bytes(), cells, of, payload: words, created: 5.0 };
    segment.insert(&new).unwrap().0
}

/// How many slabs of writers ever had an owner, as the slab table in the file has it.
pub(crate) fn slabs_owned(path: &Path) -> usize {
    let words = first_words(path);
    words[512..].chunks(8).take(words[3] as usize).filter(|row| row[1] != 0).count()
}

/// The words of a segment up to its entries.
fn first_words(path: &Path) -> Vec<u64> {
    let bytes = fs::read(path).unwrap();
    let words = bytes.chunks_exact(8).take(1 << 14);
    words.map(|word| u64::from_le_bytes(word.try_into().unwrap())).collect()
}

/// Numbers that look random and are the same for the same seed (splitmix64).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// Passes some of the time that the machine needs for a few updates, or for a few thousand.
    pub(crate) fn spin(&mut self) {
        let longest = [2, 50, 500, 4000][self.below(4) as usize];
        let until = Duration::from_nanos(self.below(longest * 1000));
        let start = Instant::now();
        while start.elapsed() < until {
            std::hint::spin_loop();
        }
    }
}

/// The seed of this run: `METRION_SEED`, or another one each time, which a failure tells.
pub(crate) fn seed() -> u64 {
    let given = env::var("METRION_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = given.unwrap_or_else(|| {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        now.unwrap().as_nanos() as u64 % 1_000_000_007
    });
    eprintln!("METRION_SEED={seed}");
    seed
}

/// Words that processes share beside the segment that is tested: zeros at first.
#[derive(Clone, Copy)]
pub(crate) struct Board(&'static [AtomicU64]);

impl Board {
    const WORDS: usize = 1 << 16;

    /// The board of a folder. It stays mapped.
    pub(crate) fn open(folder: &Path) -> Self {
        let mut options = OpenOptions::new();
        let path = folder.join("board");
        let file = options.read(true).write(true).create(true).truncate(false).open(path).unwrap();
        file.set_len((Self::WORDS * 8) as u64).unwrap();
        Self::map(&file)
    }

    fn map(file: &File) -> Self {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping, of words that are accessed as atomics alone and never unmapped.
        unsafe {
            let bytes = Self::WORDS * 8;
            let start =
                libc::mmap(ptr::null_mut(), bytes, access, libc::MAP_SHARED, file.as_raw_fd(), 0);
            assert_ne!(start, libc::MAP_FAILED);
            Self(slice::from_raw_parts(start.cast(), Self::WORDS))
        }
    }
}

impl Deref for Board {
    type Target = [AtomicU64];

    fn deref(&self) -> &[AtomicU64] {
        self.0
    }
}

/// Waits until something is so.
pub(crate) fn wait_for(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited in vain for {what}");
        thread::yield_now();
    }
}

/// Ends the process when a part of a test takes longer than any could.
pub(crate) struct Watchdog(Sender<()>);

impl Watchdog {
    pub(crate) fn new(what: &'static str) -> Self {
        let (sender, steps) = channel();
        thread::spawn(move || {
            loop {
                match steps.recv_timeout(4 * PATIENCE) {
                    Ok(()) => {}
                    Err(RecvTimeoutError::Disconnected) => return,
                    Err(RecvTimeoutError::Timeout) => {
                        eprintln!("{what}: it hangs");
                        std::process::abort();
                    }
                }
            }
        });
        Self(sender)
    }

    /// A part is done, and the next one has its own time.
    pub(crate) fn step(&self) {
        self.0.send(()).unwrap();
    }
}

/// What a worker is to do, in a process that is one.
pub(crate) struct Role {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) number: u64,
    pub(crate) seed: u64,
}

impl Role {
    /// `None` in the process of the tests themselves.
    pub(crate) fn of_process() -> Option<Self> {
        let name = env::var("METRION_ROLE").ok()?;
        let number = |name| env::var(name).unwrap().parse().unwrap();
        // SAFETY: the call takes numbers.
        unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) };
        Some(Self {
            name,
            folder: env::var_os("METRION_FOLDER").unwrap().into(),
            number: number("METRION_NUMBER"),
            seed: number("METRION_SEED"),
        })
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.join("segment")
    }
}

/// A process that this test has started: this executable, as its test `worker`.
pub(crate) struct Worker(Child);

impl Worker {
    pub(crate) fn start(role: &str, folder: &Path, number: u64, seed: u64) -> Self {
        Self::start_by(&[], role, folder, number, seed)
    }

    /// Through a program that takes the command to run as its last arguments.
    pub(crate) fn start_by(by: &[&str], role: &str, folder: &Path, number: u64, seed: u64) -> Self {
        static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| env::current_exe().unwrap());
        let mut words = by.iter().map(PathBuf::from).chain([PROGRAM.clone()]);
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .args(["worker", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
            .env("METRION_ROLE", role)
            .env("METRION_FOLDER", folder)
            .env("METRION_NUMBER", number.to_string())
            .env("METRION_SEED", seed.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }

    pub(crate) fn signal(&self, signal: libc::c_int) {
        // SAFETY: the process is a child that was not waited for.
        assert_eq!(unsafe { libc::kill(self.0.id() as libc::pid_t, signal) }, 0);
    }

    /// Stops the process, and waits until it has stopped.
    pub(crate) fn stop(&self) {
        self.signal(libc::SIGSTOP);
        let mut status = 0;
        // SAFETY: as above; the call writes to `status`.
        unsafe { libc::waitpid(self.0.id() as libc::pid_t, &raw mut status, libc::WUNTRACED) };
        assert!(libc::WIFSTOPPED(status));
    }

    pub(crate) fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Waits for the end of the process.
    pub(crate) fn end(self) -> ExitStatus {
        self.end_while_it_moves(|| 0)
    }

    /// Waits for the end of the process as long as this number changes from time to time.
    pub(crate) fn end_while_it_moves(mut self, progress: impl Fn() -> u64) -> ExitStatus {
        let mut last = (progress(), Instant::now());
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            let now = progress();
            if now != last.0 {
                last = (now, Instant::now());
            }
            assert!(last.1.elapsed() < 4 * PATIENCE, "a worker hangs at {now}");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _gone = self.0.wait();
    }
}

/// A child of a fork, which ends after `run`.
pub(crate) struct Forked(libc::pid_t);

pub(crate) fn fork(run: impl FnOnce()) -> Forked {
    // SAFETY: the child runs code that may run in a copy of this process, with no other thread of it.
    match unsafe { libc::fork() } {
        0 => {
            let went_well = catch_unwind(AssertUnwindSafe(run)).is_ok();
            // SAFETY: ends the process, without what a test's process does at its end.
            unsafe { libc::_exit(i32::from(!went_well)) }
        }
        child => {
            assert!(child > 0, "cannot fork");
            Forked(child)
        }
    }
}

impl Forked {
    pub(crate) fn wait(self) {
        let mut status = 0;
        // SAFETY: the call writes to `status`.
        let waited = unsafe { libc::waitpid(self.0, &raw mut status, 0) };
        assert_eq!((waited, status), (self.0, 0), "a fork's child went wrong");
    }
}

/// Lets a system call fail for this thread and its children when the argument of that index has that value.
pub(crate) fn refuse(call: libc::c_long, argument: u32, value: libc::c_int) {
    let instruction = |code: u32, jt, jf, k| libc::sock_filter { code: code as u16, jt, jf, k };
    let load = |offset| instruction(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, offset);
    let is = |k| instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 1, k);
    let answer = |answer| instruction(libc::BPF_RET | libc::BPF_K, 0, 0, answer);
    let mut program = [
        load(0),
        instruction(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 0, 3, call as u32),
        // The low half of the argument.
        load(16 + 8 * argument),
        is(value as u32),
        answer(libc::SECCOMP_RET_ERRNO | libc::EINVAL as u32),
        answer(libc::SECCOMP_RET_ALLOW),
    ];
    let filter =
        libc::sock_fprog { len: program.len() as libc::c_ushort, filter: program.as_mut_ptr() };
    // SAFETY: the program outlives the calls.
    unsafe {
        assert_eq!(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
        let filtered =
            libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_FILTER, &raw const filter);
        assert_eq!(filtered, 0);
    }
}
