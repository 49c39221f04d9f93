from collections import namedtuple

Result = namedtuple('Result', 'count average')


def averager():
    total, count, average = 0.0, 0, None
    while 1:
        term = yield
        if term is None:
            break
        total += term
        count += 1
        average = total / count
    return Result(count, average)


avg = averager()
next(avg)
for x in (10, 30, 6.5):
    avg.send(x)
try:
    avg.send(None)
except StopIteration as exc:
    result = exc.value
print(result)
