def numbers():
    for n in range(1, 5):
        try:
            yield n
        except ValueError as e:
            print('caught:', e)


g = numbers()
print(next(g), g.throw(ValueError('too small')), next(g))
try:
    g.throw(TypeError('no number'))
except TypeError as e:
    print('came back:', e, list(g))
