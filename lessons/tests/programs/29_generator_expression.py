num = (x for x in range(10000) if x * x == (x - 3) * (x + 4))
print(repr(type(num)))
print(next(num))
