# PEP 479: since 3.7 raising StopIteration inside a generator is a RuntimeError
def g():
    yield 1
    raise StopIteration


it = g()
print(next(it))
try:
    next(it)
except RuntimeError as e:
    print('RuntimeError:', e, '/ cause:', type(e.__cause__).__name__)
