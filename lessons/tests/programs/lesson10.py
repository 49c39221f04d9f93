def search(items, wanted):
    while items.pop(0) != wanted:
        yield
    return wanted


tasks = [(0, search([1, 2, 3], 9)), (1, search([1, 2, 3], 2))]
while tasks:
    number, task = tasks.pop(0)
    try:
        next(task)
        tasks.append((number, task))
    except Exception as end:
        print(number, repr(end))
