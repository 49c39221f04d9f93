def countdown(n):
    print('Counting down from %d' % n)
    try:
        while n > 0:
            yield n
            n -= 1
    except GeneratorExit:
        print('Only made it to %d' % n)


c = countdown(5)
for num in c:
    print(num)
    if num == 3:
        c.close()
