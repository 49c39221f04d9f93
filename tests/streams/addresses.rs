//! The addresses of a stream's two ends.

use super::{everywhere, pair};

#[test]
fn the_address_of_one_end_is_that_of_the_others_peer() {
    everywhere(|| async {
        let ((_, left), (_, right)) = pair(100).await?;
        assert!(left.local_addr().is_some() && right.local_addr().is_some());
        assert_eq!(left.local_addr(), right.peer_addr());
        assert_eq!(right.local_addr(), left.peer_addr());
        assert_ne!(left.local_addr(), right.local_addr());
        Ok(())
    });
}
