from collections import deque


def countdown(n):
    while n > 0:
        print('T-minus', n)
        yield
        n -= 1
    print('Blast off!')


def countup(n):
    x = 0
    while x < n:
        print('Counting up', x)
        yield
        x += 1


queue = deque([countdown(10), countdown(5), countup(15)])
while queue:
    task = queue.popleft()
    try:
        next(task)
        queue.append(task)
    except StopIteration:
        pass
