"""Runs turns in a deque of generators, and prints the nanoseconds of the best round."""

import sys
from collections import deque
from itertools import repeat
from time import perf_counter


def counter():
    turns = 0
    while True:
        turns += 1
        yield


def take(queue, turns):
    for _ in repeat(None, turns):
        task = queue.popleft()
        try:
            next(task)
            queue.append(task)
        except StopIteration:
            pass


def timed(queue, turns):
    start = perf_counter()
    take(queue, turns)
    return perf_counter() - start


tasks, turns, rounds = map(int, sys.argv[1:])
queue = deque(counter() for _ in range(tasks))
take(queue, tasks)
print(round(min(timed(queue, turns) for _ in range(rounds)) * 1e9))
