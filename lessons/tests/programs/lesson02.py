def countdown(n):
    try:
        while n > 0:
            yield n
            n -= 1
    finally:
        print('clean up at', n)


c = countdown(3)
print(next(c))
c.close()
countdown(5).close()
next(countdown(8))
