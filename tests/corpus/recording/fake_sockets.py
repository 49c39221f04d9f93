"""Unix sockets in memory, and a selector for them that moves a clock instead of waiting.

They do what Linux does with stream sockets of AF_UNIX, except for one thing: how much a socket takes before its peer reads
is no matter of kernel buffers, but exactly WINDOW bytes. So a recording with back pressure is the same on each machine.

What is sent can be read at once; whoever waits for it learns of it at the next look of the selector. The selector reports
as epoll does when it is level-triggered: there is a list of what may be ready. A look takes what is in the list, reports
what is ready of it, and puts just that at the back again.
"""
import asyncio
import collections
import contextlib
import errno
import itertools
import selectors
import socket
from asyncio import selector_events
from unittest import mock

WINDOW = 64 * 1024
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE


def pauses(writelines):
    def pausing(transport, pieces):
        writelines(transport, pieces)
        if transport._buffer:
            transport._maybe_pause_protocol()
    return pausing


Transport = selector_events._SelectorSocketTransport
Transport.writelines = pauses(Transport.writelines)


class FakeSocket:
    family, type, proto = socket.AF_UNIX, socket.SOCK_STREAM, 0
    numbers = itertools.count(1000)
    living = {}     # by number
    listening = {}  # by path

    def __init__(self, *_, **__):
        self.number = next(self.numbers)
        self.living[self.number] = self
        self.items = []             # where it is registered
        self.peer = None
        self.received = bytearray()
        self.is_shut = False        # its own writing
        self.is_at_end = False      # its reading, when all is read that was received
        self.error = None           # what the next read fails with, when all is read
        self.path = ''
        self.backlog = None         # of a listener: those that nobody has accepted

    def connected_to(self, peer):
        self.peer, peer.peer = peer, self

    def wakes(self, events):
        for item in self.items:
            item.may_be_ready(events)

    def ready_for(self):
        if self.backlog is not None:
            return READ if self.backlog else 0
        events = 0
        if self.received or self.is_at_end or self.error:
            events |= READ
        if self.peer is None or self.is_shut or len(self.peer.received) < WINDOW:
            events |= WRITE
        return events

    # What asyncio calls.

    def fileno(self):
        return self.number

    def setblocking(self, flag):
        assert not flag

    def getsockname(self):
        return self.path

    def getpeername(self):
        if self.peer is None:
            raise OSError(errno.ENOTCONN, 'not connected')
        return self.peer.path

    def bind(self, path):
        self.path = path

    def listen(self, _):
        if self.backlog is None:
            self.backlog = collections.deque()
            self.listening[self.path] = self

    def connect(self, path):
        listener = self.listening.get(path)
        if listener is None:
            raise FileNotFoundError(errno.ENOENT, 'nobody has listened there')
        other = FakeSocket()
        other.path = path
        self.connected_to(other)
        listener.backlog.append(other)
        listener.wakes(READ)

    def accept(self):
        if not self.backlog:
            raise BlockingIOError
        return self.backlog.popleft(), ''

    def recv(self, count):
        if self.received:
            data = bytes(self.received[:count])
            del self.received[:count]
            if self.peer is not None:
                self.peer.wakes(WRITE)
            return data
        if self.error:
            error, self.error = self.error, None
            raise error
        if self.is_at_end:
            return b''
        raise BlockingIOError

    def send(self, data):
        if self.peer is None or self.is_shut:
            raise BrokenPipeError(errno.EPIPE, 'Broken pipe')
        count = min(len(data), WINDOW - len(self.peer.received))
        if data and not count:
            raise BlockingIOError
        self.peer.received += data[:count]
        self.peer.wakes(READ)
        return count

    def sendmsg(self, parts):
        return self.send(b''.join(parts))

    def shutdown(self, how):
        assert how == socket.SHUT_WR
        self.is_shut = True
        if self.peer is not None:
            self.peer.is_at_end = True
            self.peer.wakes(READ | WRITE)

    def close(self):
        if self.living.pop(self.number, None) is None:
            return
        for item in self.items[:]:
            item.leaves()
        if self.backlog is not None:
            del self.listening[self.path]
            for other in self.backlog:
                other.breaks()
        elif self.received:
            self.breaks()
        elif self.peer is not None:
            self.leaves_peer()

    def breaks(self):
        """It closes, and has not read all: its peer is told so."""
        if self.peer is not None:
            self.peer.error = ConnectionResetError(errno.ECONNRESET, 'Connection reset by peer')
            self.leaves_peer()

    def leaves_peer(self):
        peer, self.peer = self.peer, None
        peer.peer = None
        peer.is_at_end = True
        peer.wakes(READ | WRITE)


class Item:
    """A socket as a selector has it."""

    def __init__(self, selector, sock, events):
        self.selector, self.sock, self.events = selector, sock, events
        sock.items.append(self)
        self.may_be_ready(sock.ready_for())

    def may_be_ready(self, events):
        if events & self.events and self not in self.selector.maybe_ready:
            self.selector.maybe_ready.append(self)

    def leaves(self):
        self.sock.items.remove(self)
        if self in self.selector.maybe_ready:
            self.selector.maybe_ready.remove(self)


class FakeSelector(selectors._BaseSelectorImpl):
    def __init__(self):
        super().__init__()
        self.items = {}
        self.maybe_ready = []

    def register(self, number, events, data=None):
        key = super().register(number, events, data)
        self.items[key.fd] = Item(self, FakeSocket.living[key.fd], events)
        return key

    def unregister(self, number):
        key = super().unregister(number)
        item = self.items.pop(key.fd)
        if item in item.sock.items:
            item.leaves()
        return key

    def modify(self, number, events, data=None):
        key = self.get_key(number)
        item = self.items[key.fd]
        if events != key.events:
            item.events = events
            item.may_be_ready(item.sock.ready_for())
        key = key._replace(events=events, data=data)
        self._fd_to_key[key.fd] = key
        return key

    def select(self, _timeout=None):
        maybe_ready, self.maybe_ready = self.maybe_ready, []
        events = []
        for item in maybe_ready:
            ready_for = item.sock.ready_for() & item.events
            if ready_for:
                events.append((self._fd_to_key[item.sock.number], ready_for))
                self.maybe_ready.append(item)
        return events


def fake_pair():
    one, other = FakeSocket(), FakeSocket()
    one.connected_to(other)
    return one, other


def microseconds(time):
    """Times that are equal on paper are equal."""
    return round(time, 6)


class Deadlock(Exception):
    """Nothing is ready, and there is no timer."""


def on_a_virtual_clock(base):
    """A selector that looks first, and only then moves the clock of its loop."""
    class Virtual(base):
        loop = None

        def select(self, timeout=None):
            ready = super().select(0)
            if not ready and timeout is None:
                raise Deadlock
            if not ready and timeout > 0:
                self.loop.now = microseconds(self.loop.now + timeout)
            return ready
    return Virtual()


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop that counts its rounds, and whose clock moves only if nothing is ready."""

    def __init__(self, selector):
        self.now, self.round = 0.0, 0
        selector.loop = self
        super().__init__(selector)

    def time(self):
        return self.now

    def call_at(self, when, callback, *args, context=None):
        return super().call_at(microseconds(when), callback, *args, context=context)

    def _run_once(self):
        self.round += 1
        super()._run_once()


@contextlib.contextmanager
def fake_loop():
    """A loop in whose world all sockets are these."""
    with mock.patch.multiple(socket, socket=FakeSocket, socketpair=fake_pair):
        loop = VirtualLoop(on_a_virtual_clock(FakeSelector))
        try:
            yield loop
        finally:
            loop.close()


@contextlib.contextmanager
def real_loop():
    """A loop with the system's own sockets, whose bytes are there at once if they are Unix sockets."""
    loop = VirtualLoop(on_a_virtual_clock(selectors.EpollSelector))
    try:
        yield loop
    finally:
        loop.close()
