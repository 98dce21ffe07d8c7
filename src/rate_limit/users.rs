//! One bucket for all connections of a user.

use super::{Rate, SharedBucket};
use crate::lock::lock;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, Weak};

/// The buckets of a route's users. Each lives as long as one of its connections.
#[derive(Debug, Default)]
pub(crate) struct UserBuckets(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    by_user: HashMap<Arc<str>, Weak<SharedBucket>>,
    /// How many there may be before those of users who have gone are looked for.
    enough: usize,
}

impl UserBuckets {
    /// The bucket of a user, as full as his other connections have left it.
    pub(crate) fn of(&self, user: &Arc<str>, rate: Rate) -> Arc<SharedBucket> {
        let Buckets { by_user, enough } = &mut *lock(&self.0);
        if let Some(bucket) = by_user.get(user).and_then(Weak::upgrade) {
            return bucket;
        }
        if by_user.len() >= *enough {
            by_user.retain(|_, bucket| bucket.strong_count() > 0);
            // So seldom that looking costs little, and what is left behind stays in proportion.
            *enough = 2 * by_user.len() + FEW;
        }
        let bucket = Arc::new(SharedBucket::new(rate));
        by_user.insert(Arc::clone(user), Arc::downgrade(&bucket));
        bucket
    }
}

const FEW: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 10;

    fn of(buckets: &UserBuckets, user: &str) -> Arc<SharedBucket> {
        buckets.of(&user.into(), Rate::new(RATE, RATE))
    }

    #[test]
    fn a_users_connections_share_one_and_two_users_do_not() {
        let buckets = UserBuckets::default();
        let (home, work, other) = (
            of(&buckets, "ann"),
            of(&buckets, "ann"),
            of(&buckets, "bob"),
        );
        assert!(Arc::ptr_eq(&home, &work));
        assert!(!Arc::ptr_eq(&home, &other));
    }

    #[test]
    fn users_who_have_gone_leave_little_behind() {
        let buckets = UserBuckets::default();
        let stays = of(&buckets, "ann");
        for number in 0..10_000 {
            of(&buckets, &number.to_string());
        }
        let left = lock(&buckets.0).by_user.len();
        assert!(left <= 2 * FEW + 2, "{left} are left");
        assert!(Arc::ptr_eq(&of(&buckets, "ann"), &stays));
    }
}
