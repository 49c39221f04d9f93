//! UDP in a simulation: what can happen to datagrams, and what cannot.

use std::{io::ErrorKind, time::Duration};

use tminus::{
    Exception,
    net::{self, UdpSocket},
    simulation::{self, Choices, Simulation},
    timeout,
};

const RECEIVER: &str = "127.0.0.2:53";

fn kind(exception: &Exception) -> ErrorKind {
    exception.downcast_ref::<net::Error>().unwrap().kind()
}

/// What arrives of ten datagrams, in the order of arrival.
async fn ten() -> Result<Vec<u8>, Exception> {
    let receiver = UdpSocket::bind(RECEIVER).await?;
    let sender = UdpSocket::bind("127.0.0.1:0").await?;
    for n in 0..10 {
        sender.send_to(&[n], RECEIVER).await?;
    }
    let (mut all, mut buffer) = (Vec::new(), [0; 1]);
    while let Ok(received) = timeout(Duration::from_secs(1))
        .run(receiver.recv_from(&mut buffer))
        .await
    {
        assert_eq!(received, (1, sender.local_addr()?));
        all.push(buffer[0]);
    }
    Ok(all)
}

fn seeds(configure: impl Fn(Simulation) -> Simulation) -> Vec<Vec<u8>> {
    let run = |seed| configure(Simulation::new(seed)).run(ten()).0.unwrap();
    (0..200).map(run).collect()
}

fn is_sorted(all: &[u8]) -> bool {
    all.is_sorted()
}

fn is_complete(all: &[u8]) -> bool {
    (0..10).all(|n| all.contains(&n))
}

fn has_twice(all: &[u8]) -> bool {
    (0..10).any(|n| all.iter().filter(|one| **one == n).count() > 1)
}

#[test]
fn plainly_all_arrive_once_and_in_order() {
    let (all, _) = Simulation::replay(Default::default()).run(ten());
    assert_eq!(all.unwrap(), Vec::from_iter(0..10));
}

#[test]
fn each_fault_happens_unless_it_is_switched_off() {
    let any = seeds(|simulation| simulation);
    assert!(any.iter().any(|all| !is_complete(all)));
    assert!(any.iter().any(|all| has_twice(all)));
    assert!(any.iter().any(|all| !is_sorted(all)));

    assert!(
        seeds(|simulation| simulation.loss(false))
            .iter()
            .all(|all| is_complete(all))
    );
    assert!(
        !seeds(|simulation| simulation.duplication(false))
            .iter()
            .any(|all| has_twice(all))
    );
    assert!(
        seeds(|simulation| simulation.reordering(false))
            .iter()
            .all(|all| is_sorted(all))
    );

    let none = |simulation: Simulation| simulation.loss(false).duplication(false).reordering(false);
    assert!(seeds(none).iter().all(|all| *all == Vec::from_iter(0..10)));
}

#[test]
fn faults_are_choices() {
    let (_, made): (_, Choices) = Simulation::new(0).run(ten());
    let fates = made.iter().filter(|choice| choice.what() == "datagram");
    assert!(fates.map(|choice| choice.of()).all(|of| of == 3));
}

#[test]
fn what_is_sent_at_a_cut_is_lost() {
    let program = async {
        let receiver = UdpSocket::bind(RECEIVER).await?;
        let sender = UdpSocket::bind("127.0.0.1:0").await?;
        let network = simulation::network()?;
        network.cut([127, 0, 0, 1], [127, 0, 0, 2]);
        sender.send_to(b"lost", RECEIVER).await?;
        tminus::sleep(Duration::from_secs(1)).await?;
        network.join([127, 0, 0, 1], [127, 0, 0, 2]);
        sender.send_to(b"arrives", RECEIVER).await?;
        let mut buffer = [0; 16];
        let (count, _) = receiver.recv_from(&mut buffer).await?;
        Ok(buffer[..count].to_vec())
    };
    let plain = Simulation::replay(Default::default());
    assert_eq!(plain.run(program).0.unwrap(), b"arrives");
}

#[test]
fn a_datagram_has_a_largest_size_and_is_cut_off_by_a_small_buffer() {
    let program = async {
        let receiver = UdpSocket::bind(RECEIVER).await?;
        let sender = UdpSocket::bind("127.0.0.1:0").await?;
        assert_eq!(sender.send_to(&[1; 65_507], RECEIVER).await?, 65_507);
        let error = sender.send_to(&[1; 65_508], RECEIVER).await.unwrap_err();
        assert_eq!(
            error.to_string().split_once(": ").unwrap().1,
            "message too long: 65508 bytes, and a datagram has at most 65507"
        );
        sender.send_to(b"second", RECEIVER).await?;
        assert_eq!(receiver.recv_from(&mut [0; 3]).await?.0, 3);
        let mut buffer = [0; 16];
        let (count, _) = receiver.recv_from(&mut buffer).await?;
        assert_eq!(&buffer[..count], b"second");
        Ok(())
    };
    Simulation::replay(Default::default())
        .run(program)
        .0
        .unwrap();
}

#[test]
fn a_connected_socket_learns_that_nobody_is_there() {
    let program = async {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        socket.connect(RECEIVER).await?;
        socket.send(b"hello?").await?;
        let refused = socket.recv(&mut [0; 8]).await.unwrap_err();
        assert_eq!(kind(&refused), ErrorKind::ConnectionRefused);
        Ok(())
    };
    Simulation::replay(Default::default())
        .run(program)
        .0
        .unwrap();
}

#[test]
fn an_address_is_bound_once() {
    let program = async {
        let first = UdpSocket::bind(RECEIVER).await?;
        let second = UdpSocket::bind(RECEIVER).await.unwrap_err();
        assert_eq!(kind(&second), ErrorKind::AddrInUse);
        drop(first);
        UdpSocket::bind(RECEIVER).await.map(drop)
    };
    Simulation::new(1).run(program).0.unwrap();
}

#[test]
fn a_refusal_takes_the_way_there_and_back() {
    let program = async {
        let event_loop = tminus::EventLoop::running()?;
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        socket.connect(RECEIVER).await?;
        socket.send(b"?").await?;
        let refused = socket.recv(&mut [0; 8]).await.unwrap_err();
        assert_eq!(kind(&refused), ErrorKind::ConnectionRefused);
        Ok(event_loop.time())
    };
    let latency = Duration::from_millis(10);
    let simulation = Simulation::replay(Default::default()).latency(latency..latency);
    assert_eq!(simulation.run(program).0.unwrap(), 2 * latency);
}

#[test]
fn what_was_received_leaves_room_for_more() {
    let program = async {
        let receiver = UdpSocket::bind(RECEIVER).await?;
        let sender = UdpSocket::bind("127.0.0.1:0").await?;
        let mut buffer = vec![0; 65_507];
        for n in 0..10 {
            sender.send_to(&vec![n; 65_507], RECEIVER).await?;
            let (count, _) = receiver.recv_from(&mut buffer).await?;
            assert!(count == 65_507 && buffer[0] == n);
        }
        Ok(())
    };
    Simulation::replay(Default::default())
        .run(program)
        .0
        .unwrap();
}

#[test]
fn a_datagram_leaves_after_those_before_it_as_the_bandwidth_allows() {
    let program = async {
        let receiver = UdpSocket::bind(RECEIVER).await?;
        let sender = UdpSocket::bind("127.0.0.1:0").await?;
        let mut arrivals = Vec::new();
        for n in [100, 50] {
            sender.send_to(&vec![1; n], RECEIVER).await?;
        }
        for _ in 0..2 {
            receiver.recv_from(&mut [0; 100]).await?;
            arrivals.push(tminus::EventLoop::running()?.time());
        }
        Ok(arrivals)
    };
    let ms = Duration::from_millis;
    let plain = Simulation::replay(Default::default());
    let slow = plain.latency(ms(10)..ms(10)).bandwidth(100);
    assert_eq!(slow.run(program).0.unwrap(), [ms(1010), ms(1510)]);
}

#[test]
fn latencies_are_spread_over_their_range() {
    let ms = Duration::from_millis;
    let arrival = |seed| {
        let program = async {
            let receiver = UdpSocket::bind(RECEIVER).await?;
            let sender = UdpSocket::bind("127.0.0.1:0").await?;
            sender.send_to(b"1", RECEIVER).await?;
            receiver.recv_from(&mut [0; 1]).await?;
            Ok(tminus::EventLoop::running()?.time())
        };
        let simulation = Simulation::new(seed).latency(ms(16)..ms(32)).loss(false);
        simulation.run(program).0.unwrap()
    };
    let arrivals: std::collections::BTreeSet<_> = (0..300).map(arrival).collect();
    assert_eq!(arrivals, (16..32).map(ms).collect());
}
