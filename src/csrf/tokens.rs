//! Tokens that a session may use, each of them once.

use super::cookie::SessionId;
use crate::lock::lock;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Mutex;
use std::time::Instant;

/// The tokens of all sessions, at most as many as memory shall hold: about 20 MB.
///
/// Sessions that were not used for the longest time are forgotten first; anybody may begin
/// one. A session is looked up by an id that is signed, so nobody gets here by trying ids.
pub(super) struct Tokens {
    /// What the ages of tokens are counted from.
    began: Instant,
    sessions: Mutex<Sessions>,
}

struct Sessions {
    bounds: Bounds,
    by_id: HashMap<SessionId, Session>,
    /// Their ids in the order of their last uses.
    by_last_use: BTreeMap<u64, SessionId>,
    uses: u64,
    /// The sum of all sessions' tokens.
    tokens: usize,
}

#[derive(Default)]
struct Session {
    last_use: u64,
    /// The oldest first.
    tokens: VecDeque<Kept>,
}

/// A token is kept as its hash: how long a comparison with that takes tells nothing that
/// leads to the token, and what lies in memory opens nothing.
struct Kept {
    hash: [u8; HASH_BYTES],
    issued_s: u32,
}

struct Bounds {
    sessions: usize,
    tokens: usize,
}

impl Tokens {
    pub(super) fn new(now: Instant) -> Self {
        Self::within(BOUNDS, now)
    }

    fn within(bounds: Bounds, now: Instant) -> Self {
        Self {
            began: now,
            sessions: Mutex::new(Sessions {
                bounds,
                by_id: HashMap::new(),
                by_last_use: BTreeMap::new(),
                uses: 0,
                tokens: 0,
            }),
        }
    }

    /// A new token of this session; its oldest goes when there are too many.
    pub(super) fn issue(
        &self,
        session: SessionId,
        now: Instant,
    ) -> Result<String, getrandom::Error> {
        let mut token = [0; TOKEN_BYTES];
        getrandom::fill(&mut token)?;
        let token = BASE64.encode(token);
        let kept = Kept {
            hash: hash(&token),
            issued_s: self.seconds(now),
        };
        lock(&self.sessions).keep(session, kept);
        Ok(token)
    }

    /// Takes a token away from this session; false if it has none like it, or one too old.
    pub(super) fn redeem(&self, session: SessionId, token: &str, now: Instant) -> bool {
        let hash = hash(token);
        lock(&self.sessions).take(session, &hash, self.seconds(now))
    }

    fn seconds(&self, now: Instant) -> u32 {
        let seconds = now.saturating_duration_since(self.began).as_secs();
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }
}

impl Sessions {
    fn keep(&mut self, id: SessionId, kept: Kept) {
        let session = self.by_id.entry(id).or_default();
        let before = session.tokens.len();
        session.drop_old(kept.issued_s);
        if session.tokens.len() == MAX_TOKENS_PER_SESSION {
            session.tokens.pop_front();
        }
        session.tokens.push_back(kept);
        self.tokens += session.tokens.len();
        self.tokens -= before;
        self.use_now(id);
        while self.by_id.len() > self.bounds.sessions || self.tokens > self.bounds.tokens {
            self.forget_one();
        }
    }

    fn take(&mut self, id: SessionId, hash: &[u8; HASH_BYTES], now_s: u32) -> bool {
        let Some(session) = self.by_id.get_mut(&id) else {
            return false;
        };
        let before = session.tokens.len();
        session.drop_old(now_s);
        let place = session.tokens.iter().position(|kept| kept.hash == *hash);
        if let Some(place) = place {
            session.tokens.remove(place);
        }
        self.tokens -= before - session.tokens.len();
        if session.tokens.is_empty() {
            self.by_last_use.remove(&session.last_use);
            self.by_id.remove(&id);
        } else {
            self.use_now(id);
        }
        place.is_some()
    }

    fn use_now(&mut self, id: SessionId) {
        self.uses += 1;
        if let Some(session) = self.by_id.get_mut(&id) {
            self.by_last_use.remove(&session.last_use);
            session.last_use = self.uses;
            self.by_last_use.insert(self.uses, id);
        }
    }

    fn forget_one(&mut self) {
        if let Some((_, id)) = self.by_last_use.pop_first() {
            let session = self.by_id.remove(&id);
            self.tokens -= session.map_or(0, |session| session.tokens.len());
        }
    }
}

impl Session {
    fn drop_old(&mut self, now_s: u32) {
        let is_old = |kept: &Kept| now_s.saturating_sub(kept.issued_s) > LIFETIME_S;
        while self.tokens.front().is_some_and(is_old) {
            self.tokens.pop_front();
        }
    }
}

/// Half of SHA-256: 128 bits, of something with 256 bits of randomness.
fn hash(token: &str) -> [u8; HASH_BYTES] {
    let hash = Sha256::digest(token);
    std::array::from_fn(|index| hash[index])
}

const TOKEN_BYTES: usize = 32;
const HASH_BYTES: usize = 16;

/// So many tabs may wait with a token each. Source: CandyPack.
const MAX_TOKENS_PER_SESSION: usize = 50;

/// A page that was open for longer fetches a new token.
const LIFETIME_S: u32 = 60 * 60;

/// About 200 bytes for a session and 20 for each of its tokens.
const BOUNDS: Bounds = Bounds {
    sessions: 65_536,
    tokens: 4 * 65_536,
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;
    use std::time::Duration;

    fn session() -> SessionId {
        SessionId::random().unwrap()
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_token_is_used_once_and_by_its_session() {
        let now = Instant::now();
        let tokens = Tokens::new(now);
        let (ann, bob) = (session(), session());
        let token = tokens.issue(ann, now).unwrap();
        assert_eq!(token.len(), 43, "32 bytes in base64url");
        assert!(!tokens.redeem(bob, &token, now));
        assert!(!tokens.redeem(ann, &token[1..], now));
        assert!(tokens.redeem(ann, &token, now));
        assert!(!tokens.redeem(ann, &token, now));
    }

    #[test]
    fn no_two_tokens_are_alike() {
        let now = Instant::now();
        let tokens = Tokens::new(now);
        let issued: HashSet<_> = (0..100)
            .map(|_| tokens.issue(session(), now).unwrap())
            .collect();
        assert_eq!(issued.len(), 100);
    }

    #[test]
    fn the_newest_50_of_a_session_are_kept() {
        let now = Instant::now();
        let tokens = Tokens::new(now);
        let ann = session();
        let issued: Vec<_> = (0..52).map(|_| tokens.issue(ann, now).unwrap()).collect();
        let kept: Vec<_> = issued
            .iter()
            .map(|token| tokens.redeem(ann, token, now))
            .collect();
        assert_eq!(kept[..2], [false, false]);
        assert!(kept[2..].iter().all(|kept| *kept));
    }

    #[test]
    fn a_token_is_good_for_an_hour() {
        let now = Instant::now();
        let tokens = Tokens::new(now);
        let ann = session();
        let [first, second] = [(); 2].map(|()| tokens.issue(ann, now).unwrap());
        let later = tokens.issue(ann, now + seconds(60)).unwrap();
        assert!(tokens.redeem(ann, &first, now + seconds(3600)));
        assert!(!tokens.redeem(ann, &second, now + seconds(3601)));
        assert!(tokens.redeem(ann, &later, now + seconds(3660)));
    }

    #[test]
    fn sessions_that_were_not_used_for_long_are_forgotten_first() {
        let now = Instant::now();
        let bounds = Bounds {
            sessions: 2,
            tokens: 100,
        };
        let tokens = Tokens::within(bounds, now);
        let (ann, bob, eve) = (session(), session(), session());
        let anns = tokens.issue(ann, now).unwrap();
        let bobs = tokens.issue(bob, now).unwrap();
        let anns_next = tokens.issue(ann, now).unwrap();
        let eves = tokens.issue(eve, now).unwrap();
        assert!(!tokens.redeem(bob, &bobs, now));
        for (session, token) in [(ann, anns), (ann, anns_next), (eve, eves)] {
            assert!(tokens.redeem(session, &token, now));
        }
    }

    #[test]
    fn a_session_without_tokens_takes_no_room() {
        let now = Instant::now();
        let tokens = Tokens::new(now);
        for age in [0, 5000] {
            let ann = session();
            let token = tokens.issue(ann, now).unwrap();
            tokens.redeem(ann, &token, now + seconds(age));
        }
        let sessions = lock(&tokens.sessions);
        let left = (
            sessions.by_id.len(),
            sessions.by_last_use.len(),
            sessions.tokens,
        );
        assert_eq!(left, (0, 0, 0));
    }

    /// The same by a list of all tokens, walked each time.
    #[derive(Default)]
    struct Naive(Vec<(usize, String, u64, u64)>);

    impl Naive {
        fn last_use(&self, session: usize) -> u64 {
            self.0
                .iter()
                .filter(|kept| kept.0 == session)
                .map(|kept| kept.3)
                .max()
                .unwrap_or(0)
        }

        fn drop_old(&mut self, session: usize, now: u64) {
            self.0
                .retain(|kept| kept.0 != session || now - kept.2 <= 3600);
        }

        fn touch(&mut self, session: usize, step: u64) {
            for kept in self.0.iter_mut().filter(|kept| kept.0 == session) {
                kept.3 = step;
            }
        }

        fn issue(&mut self, session: usize, token: String, now: u64, step: u64) {
            self.drop_old(session, now);
            if self.0.iter().filter(|kept| kept.0 == session).count() == MAX_TOKENS_PER_SESSION {
                let oldest = self.0.iter().position(|kept| kept.0 == session);
                self.0.remove(oldest.unwrap());
            }
            self.0.push((session, token, now, step));
            self.touch(session, step);
            loop {
                let sessions: HashSet<_> = self.0.iter().map(|kept| kept.0).collect();
                if sessions.len() <= 3 && self.0.len() <= 80 {
                    return;
                }
                let idle = sessions
                    .into_iter()
                    .min_by_key(|session| self.last_use(*session));
                self.0.retain(|kept| Some(kept.0) != idle);
            }
        }

        fn redeem(&mut self, session: usize, token: &str, now: u64, step: u64) -> bool {
            self.drop_old(session, now);
            let before = self.0.len();
            self.0.retain(|kept| kept.0 != session || kept.1 != token);
            self.touch(session, step);
            self.0.len() < before
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Issue {
            session: usize,
            times: usize,
        },
        Redeem {
            session: usize,
            token: prop::sample::Index,
        },
        Wait(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0usize..5, 1usize..60).prop_map(|(session, times)| Step::Issue { session, times }),
            (0usize..5, any::<prop::sample::Index>())
                .prop_map(|(session, token)| Step::Redeem { session, token }),
            (0u64..2500).prop_map(Step::Wait),
        ]
    }

    proptest! {
        #[test]
        fn tokens_agree_with_a_naive_list(steps in prop::collection::vec(step(), 0..20)) {
            let began = Instant::now();
            let tokens = Tokens::within(Bounds { sessions: 3, tokens: 80 }, began);
            let sessions = [(); 5].map(|()| session());
            let mut naive = Naive::default();
            let (mut now, mut issued) = (0, Vec::new());
            for (index, step) in steps.into_iter().enumerate() {
                let at = began + seconds(now);
                match step {
                    Step::Issue { session, times } => for time in 0..times {
                        let token = tokens.issue(sessions[session], at).unwrap();
                        issued.push(token.clone());
                        naive.issue(session, token, now, (100 * index + time) as u64);
                    },
                    Step::Redeem { session, token } if !issued.is_empty() => {
                        let token = token.get(&issued);
                        let expected = naive.redeem(session, token, now, 100 * index as u64);
                        prop_assert_eq!(tokens.redeem(sessions[session], token, at), expected);
                    }
                    Step::Redeem { .. } => {}
                    Step::Wait(seconds) => now += seconds,
                }
                let held = lock(&tokens.sessions);
                let sum: usize = held.by_id.values().map(|session| session.tokens.len()).sum();
                prop_assert_eq!((held.tokens, held.by_id.len()), (sum, held.by_last_use.len()));
                prop_assert_eq!(held.tokens, naive.0.len());
            }
        }
    }
}
