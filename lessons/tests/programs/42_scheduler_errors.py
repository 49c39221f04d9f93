from collections import deque


def async_search(iterable, predicate):
    for item in iterable:
        if predicate(item):
            return item
        yield
    raise ValueError('Not found')


runnable, results, errors = deque(), {}, {}
for task_id, routine in enumerate([async_search([1, 2, 3], lambda x: x > 9), async_search([1, 2, 3], lambda x: x > 1)]):
    runnable.append((task_id, routine))
while runnable:
    task_id, routine = runnable.popleft()
    print('Running task {} ...'.format(task_id), end='')
    try:
        next(routine)
    except StopIteration as stopped:
        print('completed with result: {!r}'.format(stopped.value))
        results[task_id] = stopped.value
    except Exception as e:
        print('failed with exception: {}'.format(e))
        errors[task_id] = e
    else:
        print('now yielded')
        runnable.append((task_id, routine))
print(results, errors)
