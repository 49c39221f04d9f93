# the delegating generator is transparent: values, sends, throws and the return value all pass through
def sub():
    got = yield 'from sub'
    print('sub got', got)
    try:
        yield 'again'
    except ValueError as e:
        print('sub caught', e)
    yield 'last'
    return 'sub result'


def gen():
    result = yield from sub()
    print('gen got', result)
    yield 'gen itself'


g = gen()
print(next(g))
print(g.send(7))
print(g.throw(ValueError('thrown')))
print(next(g))
try:
    next(g)
except StopIteration:
    print('done')
