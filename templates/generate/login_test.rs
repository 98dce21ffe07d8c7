//! Who may log in, and who may not.
#[path = "../routes/mod.rs"]
mod routes;

use argon2::Argon2;
use argon2::password_hash::PasswordHasher;
use argon2::password_hash::phc::PasswordHash;

#[tokio::test]
async fn only_the_password_of_a_known_user_fits() {
    let _app = orcs::testing::start(routes::all()).await;
    let hash: PasswordHash = Argon2::default().hash_password(b"swordfish").unwrap();
    let users = format!("ann:{hash}\nbob:no hash\n");
    let fits = |name, password| routes::login::verify(&users, name, password);
    assert!(fits("ann", "swordfish"));
    assert!(!fits("ann", "Swordfish"));
    assert!(!fits("an", "swordfish"));
    assert!(!fits("bob", "no hash"));
    assert!(!fits("", ""));
}
