//! HTTP by hyper.

#[path = "../examples/hyper.rs"]
#[expect(dead_code, reason = "it has a `main`")]
mod example;

use tminus_ecosystem::everywhere;

#[test]
fn ten_requests_over_three_kept_connections_at_the_same_time() {
    everywhere(|| async {
        let lines = example::program().await?;
        let expected = (1..=10).rev().zip([1, 2, 3, 4, 1, 2, 3, 4, 1, 2]);
        let expected = expected.map(|(n, nth)| format!("200 OK: /t-minus/{n}, request {nth}"));
        assert_eq!(lines, expected.collect::<Vec<_>>());
        Ok(())
    });
}
