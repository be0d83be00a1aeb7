//! What a shared segment bears from outside: file systems that are full or read-only, limits, other users,
//! kernels that refuse, and words that somebody has damaged.
#![cfg(all(target_os = "linux", target_pointer_width = "64", not(loom), not(miri)))]
#![allow(unsafe_code, clippy::unwrap_used, clippy::indexing_slicing)]

mod common;

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{FileExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use common::{
    Board, Folder, Random, Role, Worker, fork, is_soak, new_series, part, refuse, seed, series,
    slabs_owned,
};
use metrion_model::ErrorCode;
use metrion_slab::{
    CellsOf, Cursor, EntryKind, ExemplarSlot, Geometry, NewEntry, Opening, Segment, SparseCells,
};

const OPENING: Opening = Opening {
    geometry: Geometry {
        slabs: 8,
        cells: 1 << 15,
        entries: 1 << 10,
        key_words: 1 << 13,
        processes: 4,
    },
    hash_seed: 7,
    move_damaged_aside: false,
};

fn open(path: &Path) -> Arc<Segment> {
    Segment::shared(path, OPENING).unwrap()
}

fn code(path: &Path) -> ErrorCode {
    Segment::shared(path, OPENING).unwrap_err().code()
}

#[test]
#[ignore = "a process that the other tests start"]
fn worker() {
    let Some(role) = Role::of_process() else { return };
    match role.name.as_str() {
        "full" => fill_a_file_system(&role),
        "limit" => limit_files(&role),
        "user" => be_another_user(&role),
        "refused" => have_no_windows(&role),
        "old" => have_no_nameless_files(&role),
        "damage" => damage(&role),
        other => panic!("no such role: {other}"),
    }
}

fn run(role: &str) {
    let folder = Folder::new(role);
    assert!(Worker::start(role, &folder.0, 0, 0).end().success());
}

fn is_root() -> bool {
    // SAFETY: asks for a number.
    unsafe { libc::geteuid() == 0 }
}

#[test]
fn a_full_file_system_is_an_error_and_a_number() {
    let options = if is_root() { "-m" } else { "-rm" };
    let mount = ["sh", "-c", "mount -t tmpfs none /mnt"];
    let tried = Command::new("unshare").arg(options).args(mount).output();
    if !tried.is_ok_and(|tried| tried.status.success()) {
        println!("skipped: this user may not mount a file system");
        return;
    }
    let folder = Folder::new("full-system");
    let worker = Worker::start_by(&["unshare", options], "full", &folder.0, 0, 0);
    assert!(worker.end().success());
}

/// A file that takes all the room that there is.
fn fill_up(path: &Path) -> PathBuf {
    let filler = path.with_file_name("filler");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[1; 4096]).is_ok() {}
    filler
}

/// As many cells as are in a page.
fn wide<'a>(key: &'a str, of: CellsOf) -> NewEntry<'a> {
    NewEntry { cells: 512, ..new_series(key, of) }
}

fn mount(arguments: &[&str], folder: &Path) {
    assert!(Command::new("mount").args(arguments).arg(folder).status().unwrap().success());
}

fn fill_a_file_system(role: &Role) {
    let folder = role.folder.join("mount");
    fs::create_dir(&folder).unwrap();
    mount(&["-t", "tmpfs", "-o", "size=2m,mode=700", "none"], &folder);
    let path = folder.join("segment");
    let segment = open(&path);
    let early = series(&segment, "early", CellsOf::Writers).first_cell;
    let gauge = series(&segment, "gauge", CellsOf::All).first_cell;
    segment.count(early);
    segment.set(gauge, 2.0);
    // Its last cell, which is in another page than the first ones.
    let late = segment.insert(&wide("late", CellsOf::Writers)).unwrap().0.first_cell + 511;
    let bound = segment.insert(&wide("bound", CellsOf::Owners)).unwrap().0.first_cell;
    let writer = segment.process_writer();
    let early_cells = writer.cells(early, 1);
    early_cells.count();
    let filler = fill_up(&path);

    // A second process is the other mapping; each finds its slab without memory.
    let other = open(&path);
    for (i, segment) in [&segment, &other].into_iter().enumerate() {
        let before = segment.overflowed();
        let counted = segment.sum(early);
        segment.count(early);
        early_cells.count();
        let has_page = segment.sum(early) - counted;
        assert!(has_page == if i == 0 { 2.0 } else { 1.0 }, "{has_page}");
        segment.count(late);
        segment.add_bound(bound, 1.0);
        segment.set_own(bound, 1.0);
        segment.reset(late, 1);
        assert!(segment.overflowed() >= before + 4);
        assert_eq!(
            (segment.sum(late), segment.get(gauge), segment.get_own(bound)),
            (0.0, 2.0, 0.0)
        );
        assert_eq!(segment.sum_bound(bound, &segment.owners()), 0.0);
        segment.set(gauge, 3.0);
        segment.set(gauge, 2.0);
        assert_eq!(writer.cells(late, 1).first_cell(), None);
        segment.process_writer().cells(late, 1).count();
    }
    // New series find no room for their keys at some time, and a gauge none for its cells.
    let no_gauge = segment.insert(&wide("no gauge", CellsOf::All)).unwrap_err();
    assert_eq!(no_gauge.code(), ErrorCode::LimitReached);
    let keys: Vec<String> = (0..800).map(|i| format!("a longer key {i}")).collect();
    let inserted =
        |key: &String| segment.insert(&NewEntry { cells: 1, ..new_series(key, CellsOf::Writers) });
    let refused = keys.iter().map(inserted).find_map(Result::err).unwrap();
    assert_eq!(refused.code(), ErrorCode::LimitReached);
    // To ask again takes nothing.
    let used = segment.used_bytes();
    for _ in 0..2000 {
        let again = inserted(keys.last().unwrap()).unwrap_err();
        assert_eq!(again.message(), refused.message());
        assert!(segment.insert(&wide("no gauge", CellsOf::All)).is_err());
    }
    assert_eq!(segment.used_bytes(), used);
    // Who reads sees all that there is, and takes nothing.
    for segment in [open(&path), Segment::look(&path).unwrap()] {
        for (entry, _) in segment.entries() {
            let mut values = vec![0.0; entry.cells as usize];
            segment.sum_into(entry.first_cell, &mut values);
            segment.get_into(entry.first_cell, &mut values);
            let _words = segment.payload(&entry).len();
        }
    }
    fork(|| {
        let before = segment.overflowed();
        segment.count(early);
        early_cells.count();
        writer.cells(early, 1).count();
        assert!(segment.overflowed() > before);
    })
    .wait();
    let nothing = Segment::shared(&folder.join("another"), OPENING).unwrap_err();
    assert_eq!(nothing.code(), ErrorCode::Io);
    let counted = segment.sum(early);

    fs::remove_file(filler).unwrap();
    assert_eq!(segment.sum(early), counted);
    for segment in [&segment, &other] {
        segment.count(early);
        segment.count(late);
        segment.set_own(bound, 1.0);
    }
    assert_eq!((segment.sum(early), segment.sum(late)), (counted + 2.0, 2.0));
    let gauge = segment.insert(&wide("no gauge", CellsOf::All)).unwrap().0.first_cell;
    other.set(gauge, 1.0);
    assert_eq!(segment.get(gauge), 1.0);
    segment.reset(late, 1);
    assert_eq!(segment.sum(late), 0.0);
    assert!(keys.iter().all(|key| inserted(key).is_ok()));

    // Read-only, there is a look at it and nothing more.
    drop((segment, other, writer, early_cells));
    mount(&["-o", "remount,bind,ro"], &folder);
    assert_eq!(code(&path), ErrorCode::Io);
    assert_eq!(code(&folder.join("another")), ErrorCode::Io);
    assert_eq!(Segment::look(&path).unwrap().sum(early), counted + 2.0);
}

#[test]
fn a_limit_on_the_length_of_files_is_an_error() {
    run("limit");
}

fn limit_files(role: &Role) {
    let there = open(&role.file());
    let limit = libc::rlimit { rlim_cur: 1 << 16, rlim_max: 1 << 16 };
    // SAFETY: the call reads the struct.
    assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_FSIZE, &raw const limit) }, 0);
    assert_eq!(code(&role.folder.join("another")), ErrorCode::Io);
    assert_eq!(Segment::inheritable(OPENING).unwrap_err().code(), ErrorCode::Io);
    // What is there does not become longer.
    let segment = open(&role.file());
    let cell = series(&segment, "a", CellsOf::Writers).first_cell;
    segment.count(cell);
    assert_eq!(there.sum(cell), 1.0);
    assert_eq!(fs::read_dir(&role.folder).unwrap().count(), 1);
}

#[test]
fn another_user_s_file_is_refused() {
    if is_root() {
        run("user");
    } else {
        println!("skipped: only root can be another user");
    }
}

fn be_another_user(role: &Role) {
    const NOBODY: u32 = 65534;
    let path = role.file();
    fs::set_permissions(&role.folder, Permissions::from_mode(0o777)).unwrap();
    drop(open(&path));
    chown(&path, Some(NOBODY), None).unwrap();
    assert_eq!(code(&path), ErrorCode::Io);
    assert_eq!(Segment::look(&path).unwrap_err().code(), ErrorCode::Io);
    chown(&path, Some(0), None).unwrap();
    fork(|| {
        // SAFETY: the call takes a number.
        assert_eq!(unsafe { libc::setuid(NOBODY) }, 0);
        assert_eq!(code(&path), ErrorCode::Io);
        assert_eq!(Segment::look(&path).unwrap_err().code(), ErrorCode::Io);
        let own = open(&role.folder.join("own"));
        assert_eq!(own.entries().count(), 0);
    })
    .wait();
}

#[test]
fn without_windows_writers_share_the_common_slab() {
    run("refused");
}

fn have_no_windows(role: &Role) {
    refuse(libc::SYS_mremap, 1, 0);
    let segment = open(&role.file());
    let cell = series(&segment, "a", CellsOf::Writers).first_cell;
    let writer = segment.process_writer();
    assert!(writer.memory(cell, 1).is_none());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..50_000).for_each(|_| segment.count(cell)));
        }
        (0..50_000).for_each(|_| writer.cells(cell, 1).count());
    });
    fork(|| (0..50_000).for_each(|_| segment.count(cell))).wait();
    assert_eq!((segment.sum(cell), slabs_owned(&role.file())), (300_000.0, 0));
}

#[test]
fn file_systems_without_nameless_files_will_do() {
    run("old");
}

fn have_no_nameless_files(role: &Role) {
    refuse(libc::SYS_openat, 2, libc::O_TMPFILE | libc::O_RDWR | libc::O_CLOEXEC);
    let mut nameless = OpenOptions::new();
    nameless.read(true).write(true).custom_flags(libc::O_TMPFILE);
    assert!(nameless.open(&role.folder).is_err());
    // What somebody of the same number left behind who was killed.
    let left = role.folder.join(format!("segment.new-{}-0", std::process::id()));
    fs::write(&left, "half").unwrap();
    let segments: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| open(&role.file()))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let cell = series(&segments[0], "a", CellsOf::Writers).first_cell;
    segments.iter().for_each(|segment| segment.count(cell));
    assert_eq!(segments[0].sum(cell), 8.0);
    assert_eq!(fs::read(left).unwrap(), b"half");
    assert_eq!(fs::read_dir(&role.folder).unwrap().count(), 2);
}

#[test]
fn damaged_words_are_borne() {
    let cases = if is_soak() { 10_000 } else { 300 };
    let seed = seed();
    let folder = Folder::new("damage");
    let worker = Worker::start("damage", &folder.0, cases, seed);
    let board = Board::open(&folder.0);
    // A case takes some milliseconds: one that takes so long has no end.
    let case = || board[0].load(Ordering::SeqCst);
    let ended = worker.end_while_it_moves(case);
    assert!(ended.success(), "METRION_SEED={seed}, case {}: {ended}", case());
}

/// A segment with something of each kind in it.
fn make_good(path: &Path) {
    let segment = open(path);
    for i in 0..40 {
        let entry = series(&segment, &format!("series {i}"), CellsOf::Writers);
        segment.count(entry.first_cell);
        segment.add(entry.first_cell + 1, 0.5);
        let gauge = series(&segment, &format!("gauge {i}"), CellsOf::All);
        segment.set(gauge.first_cell, 7.0);
        segment.set_own(series(&segment, &format!("own {i}"), CellsOf::Owners).first_cell, 1.0);
    }
    segment.insert(&wide("wide", CellsOf::Writers)).unwrap();
    let words = ExemplarSlot::words(64);
    let exemplar = part(&segment, EntryKind::Exemplar, "exemplar", words);
    ExemplarSlot::new(Arc::clone(&segment), exemplar).write("text", 1.0, 1.0);
    let sparse = part(&segment, EntryKind::Sparse, "sparse", 64);
    let sparse = SparseCells::new(Arc::clone(&segment), sparse);
    (0..20).for_each(|number| segment.count(sparse.claim(number, 0).unwrap()));
    part(&segment, EntryKind::Family, "family", 0);
    part(&segment, EntryKind::Overflow, "overflow", 3);
    part(&segment, EntryKind::Info, "info", 1);
    let family = NewEntry {
        kind: EntryKind::Family,
        family: 0,
        cells: 0,
        payload: 0,
        ..new_series("f", CellsOf::Writers)
    };
    segment.insert(&family).unwrap();
    segment.reset(1, 3);
}

const PAGE: usize = 4096;

/// The pages of a file that are not empty.
fn used_pages(path: &Path) -> Vec<(usize, Vec<u8>)> {
    let bytes = fs::read(path).unwrap();
    let pages = bytes.chunks(PAGE).map(<[u8]>::to_vec).enumerate();
    pages.filter(|(_, page)| page.iter().any(|byte| *byte != 0)).collect()
}

/// Word 0 of the board is the case.
fn damage(role: &Role) {
    let board = Board::open(&role.folder);
    let path = role.file();
    make_good(&path);
    let len = fs::metadata(&path).unwrap().len();
    let pages = used_pages(&path);
    for case in 1..=role.number {
        board[0].store(case, Ordering::SeqCst);
        let mut random = Random::new(role.seed.wrapping_mul(1 << 20).wrapping_add(case));
        fs::remove_file(&path).unwrap();
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create_new(true).open(&path).unwrap();
        file.set_permissions(Permissions::from_mode(0o600)).unwrap();
        file.set_len(len).unwrap();
        for (number, page) in &pages {
            file.write_all_at(page, (number * PAGE) as u64).unwrap();
        }
        // Before somebody comes, or under his eyes.
        let is_open = random.below(2) == 0;
        let attached = is_open.then(|| open(&path));
        if let Some(attached) = &attached {
            use_all(attached, &mut random);
        }
        for _ in 0..=random.below(8) {
            spoil(&file, &pages, &mut random);
        }
        let opened = attached.map_or_else(|| Segment::shared(&path, OPENING), Ok);
        match opened {
            Ok(segment) => {
                use_all(&segment, &mut random);
                if case % 8 == 0 {
                    fork(|| use_all(&segment, &mut random)).wait();
                }
            }
            Err(error) => {
                let codes = [ErrorCode::Damaged, ErrorCode::OtherVersion];
                assert!(codes.contains(&error.code()), "{error}");
            }
        }
        if let Ok(view) = Segment::look(&path) {
            use_all(&view, &mut random);
        }
    }
}

/// Changes a word of a used page, and those with few more often than others.
fn spoil(file: &File, pages: &[(usize, Vec<u8>)], random: &mut Random) {
    let (number, page) = &pages[random.below(pages.len() as u64) as usize];
    let used: Vec<usize> = (0..PAGE / 8).filter(|at| page[at * 8..at * 8 + 8] != [0; 8]).collect();
    let at = match random.below(4) {
        0 => random.below(PAGE as u64 / 8) as usize,
        _ => used[random.below(used.len() as u64) as usize],
    };
    let word = u64::from_le_bytes(page[at * 8..at * 8 + 8].try_into().unwrap());
    let word = match random.below(6) {
        0 | 1 => word ^ 1 << random.below(64),
        2 => random.next(),
        3 => u64::MAX - random.below(3),
        4 => random.below(2000),
        _ => word.rotate_left(32),
    };
    file.write_all_at(&word.to_le_bytes(), (number * PAGE + at * 8) as u64).unwrap();
}

/// Everything that a process does with a segment. What comes of it is of no matter.
fn use_all(segment: &Arc<Segment>, random: &mut Random) {
    let mut cursor = Cursor::default();
    let _first = segment.entries_since(&mut cursor).count();
    let new = format!("new {}", random.next());
    for key in ["series 1", "series 30", new.as_str()] {
        for of in [CellsOf::Writers, CellsOf::All, CellsOf::Owners] {
            let Ok((entry, _)) = segment.insert(&new_series(key, of)) else { continue };
            segment.count(entry.first_cell);
            segment.set(entry.first_cell, 1.0);
            segment.add_bound(entry.first_cell, 1.0);
        }
    }
    let _again = segment.entries_since(&mut cursor).count();
    let owners = segment.owners();
    let writer = segment.process_writer();
    for (entry, _) in segment.entries() {
        let first = entry.first_cell;
        let mut values = vec![0.0; entry.cells as usize];
        segment.sum_into(first, &mut values);
        segment.get_into(first, &mut values);
        let _all = segment.own_values(first, (entry.cells as usize).min(64), &owners);
        for cell in (first..first + entry.cells).step_by(if entry.cells > 2 { 97 } else { 1 }) {
            segment.count(cell);
            segment.count_by(cell, 0.5);
            segment.add(cell, 0.5);
            segment.add_common(cell, 0.5);
            segment.observe(first, cell, 1.0);
            segment.set_own(cell, 1.0);
            segment.add_own(cell, 1.0);
            segment.add_bound(cell, 1.0);
            let _numbers = segment.sum_bound(cell, &owners) + segment.get_own(cell);
            writer.cells(cell, 1).count();
        }
        segment.reset(first, (entry.cells as usize).min(600));
        let _words: u64 =
            segment.payload(&entry).iter().fold(0, |sum, word| sum ^ word.load(Ordering::Relaxed));
        let _key = segment.key_of(&entry);
        let _numbers = (segment.generation(entry.number), segment.created(&entry));
        let _same = segment.entry(entry.number);
        if entry.payload > 0 {
            let slot = ExemplarSlot::new(Arc::clone(segment), entry);
            let _read = slot.read();
            (0..3).for_each(|_| slot.write("damaged", 1.0, 2.0));
            let _read = slot.read();
            let sparse = SparseCells::new(Arc::clone(segment), entry);
            let numbers: Vec<u32> = sparse.numbers(0).collect();
            for number in numbers.into_iter().take(20).chain([3, 17, u32::MAX]) {
                let _cell = sparse.find(number, 0);
                if let Some(cell) = sparse.claim(number, random.below(3) as u16) {
                    segment.count(cell);
                }
            }
            let _counts = sparse.counts();
        }
        if random.below(16) == 0 {
            segment.remove(&entry);
        }
    }
    let numbers = segment.used_bytes() as u64 ^ segment.overflowed() ^ segment.invalid();
    segment.count_overflow();
    segment.count_invalid();
    thread::scope(|scope| scope.spawn(|| segment.count(numbers as u32)).join().unwrap());
}
