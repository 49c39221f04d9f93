def countdown(n):
    print('Count down from', n)
    while n > 0:
        yield n
        n -= 1


c = countdown(10)
print('made')
print(next(c))
print(next(c))
print(sum(countdown(10)))
