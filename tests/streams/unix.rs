//! Streams over Unix sockets.

use std::{env, fs, path::PathBuf, process};

use tminus::{
    Exception,
    net::UnixStream,
    simulation::Simulation,
    streams::{from_socket, open_unix_connection, start_unix_server},
};

#[test]
fn a_pair_makes_two_streams() {
    super::everywhere(|| async {
        let (left, right) = UnixStream::pair()?;
        let (reader, writer) = from_socket(left).await?;
        let (other_reader, other_writer) = from_socket(right).limit(10).await?;
        assert_eq!((writer.local_addr(), writer.peer_addr()), (None, None));
        writer.write("ping\n")?;
        assert_eq!(other_reader.readline().await?, b"ping\n");
        other_writer.write("pong\n")?;
        assert_eq!(reader.readline().await?, b"pong\n");
        Ok(())
    });
}

/// As in asyncio, the server removes a socket that was left at its path, and its own at its end.
#[test]
fn a_server_cleans_its_path_up() {
    let folder = env::temp_dir().join(format!("tminus-streams-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("socket");
    let program = |path: PathBuf| async move {
        let server = start_unix_server(|_, writer| async move { writer.write("hello") }, &path);
        let server = server.await?;
        let (reader, _writer) = open_unix_connection(&path).await?;
        assert_eq!(reader.read_to_end().await?, b"hello");
        server.close();
        server.wait_closed().await?;
        Ok::<(), Exception>(())
    };
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap()); // which leaves the file
    assert!(path.exists());
    tminus::run(program(path.clone())).unwrap();
    assert!(!path.exists());
    fs::write(&path, "not a socket").unwrap();
    let refused = tminus::run(program(path.clone())).unwrap_err();
    assert!(refused.to_string().ends_with("address in use"), "{refused}");
    assert!(path.exists());
    fs::remove_dir_all(folder).unwrap();
    Simulation::new(3)
        .run(program("/run/socket".into()))
        .0
        .unwrap();
}

/// Somebody has put another file in its place.
#[test]
fn a_server_leaves_a_file_that_is_not_its_own() {
    let folder = env::temp_dir().join(format!("tminus-replaced-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("socket");
    tminus::run(async {
        let server = start_unix_server(|_, _| async { Ok(()) }, &path).await?;
        fs::rename(&path, folder.join("moved")).unwrap(); // and not removed, or the new file can have its inode
        fs::write(&path, "somebody else's").unwrap();
        server.close();
        server.wait_closed().await
    })
    .unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "somebody else's");
    fs::remove_dir_all(folder).unwrap();
}
