# driven by the round-robin Scheduler of 41; a fake clock that advances one tick per step keeps it deterministic
from collections import deque
from math import sqrt

clock = 0


def async_sleep(interval):
    expiry = clock + interval
    while 1:
        yield
        if clock >= expiry:
            break


def lucas():
    yield 2
    a, b = 2, 1
    while 1:
        yield b
        a, b = b, a + b


def async_is_prime(x):
    if x < 2:
        return False
    for i in range(2, int(sqrt(x)) + 1):
        if x % i == 0:
            return False
        yield from async_sleep(0)
    return True


def async_search(iterable, async_predicate):
    for item in iterable:
        if (yield from async_predicate(item)):
            return item
    raise ValueError('Not found')


def async_print_matches(iterable, async_predicate):
    for item in iterable:
        if (yield from async_predicate(item)):
            print('Found:', item)


def repetitive_message(message, interval, times):      # in the notes it never ends
    for _ in range(times):
        print(message)
        yield from async_sleep(interval)


def async_over_100_prime(x):
    return (x > 100 and (yield from async_is_prime(x)))


tasks = deque(enumerate([
    async_print_matches((n for n, _ in zip(lucas(), range(12))), async_is_prime),
    repetitive_message('tick', 20, 3),
    async_search(lucas(), async_over_100_prime)]))
while tasks:
    task_id, routine = tasks.popleft()
    clock += 1
    try:
        next(routine)
    except StopIteration as stopped:
        print('task', task_id, 'completed with result:', stopped.value)
    else:
        tasks.append((task_id, routine))
