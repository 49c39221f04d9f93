# .gz and .bz2 as text: by default they give bytes, and `str in bytes` is a TypeError
import bz2
import fnmatch
import gzip
import os
import tempfile


def find_files(topdir, pattern, recursive=False):
    if recursive:
        for path, _dirs, files in sorted(os.walk(topdir)):
            for name in sorted(files):
                if fnmatch.fnmatch(name, pattern):
                    yield os.path.join(path, name)
    else:
        for name in sorted(os.listdir(topdir)):
            full = os.path.join(topdir, name)
            if os.path.isfile(full) and fnmatch.fnmatch(name, pattern):
                yield full


def opener(filenames):
    for name in filenames:
        op = gzip.open if name.endswith('.gz') else bz2.open if name.endswith('.bz2') else open
        with op(name, 'rt') as f:
            yield name, f


def cat(filelist):
    for name, f in filelist:
        for line in f:
            yield name, line


def grep(pattern, lines):
    for name, line in lines:
        if pattern in line:
            yield name, line


with tempfile.TemporaryDirectory() as top:
    os.mkdir(os.path.join(top, 'sub'))
    with open(os.path.join(top, '.bash_history'), 'w') as f:
        f.writelines('brew cmd%d\nls\n' % i for i in range(30))
    with gzip.open(os.path.join(top, 'old_bash.gz'), 'wt') as f:
        f.write('brew zipped\n')
    with bz2.open(os.path.join(top, 'sub', 'deep_bash.bz2'), 'wt') as f:
        f.write('brew deep\nnothing\n')
    for recursive in (False, True):
        lines = grep('brew', cat(opener(find_files(top, '*bash*', recursive))))
        for i, (name, line) in enumerate(lines):
            if 15 < i < 21 or i >= 30:
                print(os.path.relpath(name, top), line, sep=': ')
