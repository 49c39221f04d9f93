from collections import deque


def countdown(name, n):
    for i in range(n, 0, -1):
        print(name, i)
        yield
    print(name, 'blasts off')


queue = deque([countdown('A', 3), countdown('B', 1)])
while queue:
    task = queue.popleft()
    if next(task, 'over') != 'over':
        queue.append(task)
