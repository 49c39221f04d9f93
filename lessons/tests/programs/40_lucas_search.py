import re
from itertools import islice


def lucas():
    yield 2
    a, b = 2, 1
    while 1:
        yield b
        a, b = b, a + b


def search(iterable, predicate):
    for item in iterable:
        if predicate(item):
            return item
    raise ValueError('Not found')


def async_search(iterable, predicate):
    for item in iterable:
        if predicate(item):
            return item
        yield
    raise ValueError('Not found')


print(list(islice(lucas(), 10)))
print(search(lucas(), lambda x: len(str(x)) >= 6))
g = async_search(lucas(), lambda x: x > 10)
print(re.sub('0x[0-9a-f]+', '0x...', repr(g)))
print(next(g))
