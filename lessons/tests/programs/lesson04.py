def numbers():
    for n in range(1, 5):
        try:
            yield n
        except ValueError as e:
            print('caught:', e)


g = numbers()
print(next(g))
print(g.throw(ValueError('too small')))
print(list(g))
