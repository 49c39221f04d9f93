def chain(*iterables):
    for it in iterables:
        for i in it:
            yield i


def chain2(*iterables):
    for it in iterables:
        yield from it


print(list(chain('ABC', tuple(range(3)))))
print(list(chain2('ABC', tuple(range(3)))))
