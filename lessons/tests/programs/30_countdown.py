def countdown(n):
    print('Count down from %d' % n)
    while n > 0:
        yield n
        n -= 1
    return


c = countdown(10)
print(type(c))
print(c.__next__())
print(next(c))
for n in countdown(10):
    print(n)
print(sum(countdown(10)))
