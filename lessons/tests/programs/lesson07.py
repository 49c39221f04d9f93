def adder():
    total = 0
    while (n := (yield total)) is not None:
        total += n
    return f'total {total}'


a = adder()
print(next(a), a.send(10), a.send(30))
for _ in range(2):
    try:
        a.send(None)
    except StopIteration as stop:
        print(stop.value)
