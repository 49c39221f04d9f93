def async_print_matches(iterable, predicate):
    for item in iterable:
        if predicate(item):
            print('Found:', item, end=', ')
        yield


for _ in async_print_matches(range(20), lambda x: x % 7 == 3):
    pass
print()
