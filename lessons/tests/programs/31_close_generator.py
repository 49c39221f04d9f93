def countdown(n):
    print('Count down from %d' % n)
    while n > 0:
        yield n
        n -= 1


for n in countdown(10):
    if n == 2:
        break
    print(n)
c = countdown(10)
c.__next__()
c.close()
try:
    c.__next__()
except StopIteration as e:
    print('StopIteration', e.value)
