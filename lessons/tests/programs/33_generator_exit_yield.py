def stubborn():
    try:
        yield 1
    except GeneratorExit:
        yield 2


g = stubborn()
print(next(g))
try:
    g.close()
except RuntimeError as e:
    print('RuntimeError:', e)
