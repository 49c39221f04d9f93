import selectors
import socket

ours, theirs = socket.socketpair()
ours.setblocking(False)
selector = selectors.DefaultSelector()
selector.register(ours, selectors.EVENT_READ)
try:
    ours.recv(16)
except BlockingIOError:
    print('not yet; ready:', len(selector.select(timeout=0)))
theirs.send(b'go!')
print('ready:', len(selector.select()), ours.recv(16))
