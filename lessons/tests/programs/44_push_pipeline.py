import fnmatch
import os
import tempfile


def coroutine(func):
    def wrapper(*args, **kwargs):
        r = func(*args, **kwargs)
        next(r)
        return r
    return wrapper


@coroutine
def find_files(target):
    while 1:
        topdir, pattern = yield
        for name in sorted(os.listdir(topdir)):
            full = os.path.join(topdir, name)
            if os.path.isfile(full) and fnmatch.fnmatch(name, pattern):
                target.send(full)


@coroutine
def opener(target):
    while 1:
        name = yield
        with open(name) as f:
            target.send((name, f))


@coroutine
def cat(target):
    while 1:
        name, f = yield
        for line in f:
            target.send((name, line))


@coroutine
def grep(pattern, target):
    while 1:
        name, line = yield
        if pattern in line:
            target.send((name, line))


@coroutine
def printer(top):
    count = 0
    while 1:
        name, line = yield
        if 15 < count < 21:
            print(os.path.relpath(name, top), line, sep=': ')
        count += 1


with tempfile.TemporaryDirectory() as top:
    with open(os.path.join(top, '.bash_history'), 'w') as f:
        f.writelines('brew cmd%d\nls\n' % i for i in range(30))
    finder = find_files(opener(cat(grep('brew', printer(top)))))
    finder.send((top, '*bash*'))
