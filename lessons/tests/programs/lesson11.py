from heapq import heappop, heappush


def countdown(name, n, pause):
    for i in range(n, 0, -1):
        print(now, name, i)
        yield pause


now, number = 0, 1
heap = [(0, 0, countdown('A', 2, 20)), (0, 1, countdown('B', 2, 30))]
while heap:
    now, _, task = heappop(heap)
    if pause := next(task, 0):
        number += 1
        heappush(heap, (now + pause, number, task))
