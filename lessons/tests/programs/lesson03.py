def running_total():
    total = 0
    while True:
        total += yield total


t = running_total()
print(next(t))
print(t.send(3))
print(t.send(4))
try:
    running_total().send(5)
except TypeError as e:
    print(e)
