//! The bodies of `fuzz/` on a stable compiler: over the seeds that stand there, and over
//! some thousand inputs made of them.

use orcs::fuzzing::{TARGETS, Target};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};
use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

/// The files of a target's corpus, in the order of their names.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let files = fs::read_dir(folder.join(target)).expect("a target has a corpus");
    let mut seeds: Vec<_> = files
        .map(|file| {
            let path = file.expect("a readable folder").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            let seed = fs::read(&path).expect("a readable file");
            (name.into_owned(), seed)
        })
        .collect();
    seeds.sort();
    seeds
}

#[test]
fn each_seed_passes() {
    for (target, body) in TARGETS {
        let seeds = seeds(target);
        assert!(seeds.len() >= 20, "{target} has {} seeds", seeds.len());
        for (name, seed) in seeds {
            let passes = catch_unwind(|| body(&seed)).is_ok();
            assert!(passes, "fuzz/corpus/{target}/{name}");
        }
    }
}

#[test]
fn each_corpus_has_a_target_and_each_target_a_wrapper() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let names = |folder: &str| -> Vec<String> {
        let files = fs::read_dir(fuzz.join(folder)).expect("a folder of fuzz/");
        let mut names: Vec<_> = files
            .map(|file| file.expect("a readable folder").path())
            .map(|path| {
                path.file_stem()
                    .expect("a name")
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    };
    let targets = TARGETS.map(|(target, _)| target);
    assert_eq!(names("corpus"), targets);
    assert_eq!(names("fuzz_targets"), targets);
    for target in targets {
        let wrapper = fs::read_to_string(fuzz.join(format!("fuzz_targets/{target}.rs")));
        let wrapper = wrapper.expect("a readable file");
        assert!(wrapper.contains(&format!("orcs::fuzzing::{target}(data)")));
        let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).expect("a manifest");
        assert!(manifest.contains(&format!("name = \"{target}\"")));
    }
}

/// What a fuzzer does to a seed: bytes changed, left out, repeated, or taken from another.
#[derive(Clone, Debug)]
enum Change {
    Set(Index, u8),
    Flip(Index, u8),
    Insert(Index, Vec<u8>),
    Remove(Index, usize),
    Repeat(Index, usize),
    Splice(Index, Vec<u8>, Index),
}

impl Change {
    fn apply(&self, data: &mut Vec<u8>) {
        let at = |index: &Index| index.index(data.len() + 1);
        match self {
            Self::Set(index, byte) => {
                let at = at(index);
                if let Some(old) = data.get_mut(at) {
                    *old = *byte;
                }
            }
            Self::Flip(index, bit) => {
                let at = at(index);
                if let Some(old) = data.get_mut(at) {
                    *old ^= 1 << (bit % 8);
                }
            }
            Self::Insert(index, more) => {
                let at = at(index);
                data.splice(at..at, more.iter().copied());
            }
            Self::Remove(index, len) => {
                let at = at(index);
                data.drain(at..data.len().min(at + len));
            }
            Self::Repeat(index, len) => {
                let at = at(index);
                let part = data[at..data.len().min(at + len)].to_vec();
                data.splice(at..at, part);
            }
            Self::Splice(index, other, from) => {
                let at = at(index);
                data.truncate(at);
                data.extend(&other[from.index(other.len() + 1)..]);
            }
        }
    }
}

fn change(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Change> {
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Change::Set(at, byte)),
        (any::<Index>(), any::<u8>()).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (any::<Index>(), vec(any::<u8>(), 1..8)).prop_map(|(at, more)| Change::Insert(at, more)),
        (any::<Index>(), 1usize..16).prop_map(|(at, len)| Change::Remove(at, len)),
        (any::<Index>(), 1usize..64).prop_map(|(at, len)| Change::Repeat(at, len)),
        (any::<Index>(), select(seeds), any::<Index>())
            .prop_map(|(at, other, from)| Change::Splice(at, other, from)),
    ]
}

/// Random bytes and changed seeds: a few seconds of them, unless PROPTEST_CASES says more.
fn inputs_pass((target, body): Target) {
    // Long ones are seeds in their own right, and slow to change a thousand times.
    let short = |seed: &Vec<u8>| seed.len() < 4000;
    let seeds: Vec<_> = seeds(target)
        .into_iter()
        .map(|(_, seed)| seed)
        .filter(short)
        .collect();
    let changed =
        (select(seeds.clone()), vec(change(seeds), 0..6)).prop_map(|(mut data, changes)| {
            for change in changes {
                change.apply(&mut data);
            }
            data
        });
    let inputs = prop_oneof![9 => changed, 1 => vec(any::<u8>(), 0..300)];
    let config = Config {
        cases: Config::default().cases.max(2000),
        failure_persistence: None,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&inputs, |data| {
        body(&data);
        Ok(())
    });
    if let Err(failure) = result {
        panic!("{target}: {failure}");
    }
}

#[test]
fn changed_envelopes_pass() {
    inputs_pass(TARGETS[0]);
}

#[test]
fn changed_streams_of_frames_pass() {
    inputs_pass(TARGETS[1]);
}

#[test]
fn changed_handshakes_pass() {
    inputs_pass(TARGETS[2]);
}

#[test]
fn changed_compressed_messages_pass() {
    inputs_pass(TARGETS[3]);
}

#[test]
fn changed_paths_pass() {
    inputs_pass(TARGETS[4]);
}

#[test]
fn changed_typed_objects_pass() {
    inputs_pass(TARGETS[5]);
}
