def line_splitter(delimiter=None):
    print('Ready to split')
    result = None
    while 1:
        line = yield result
        print(line)
        result = line.split(delimiter)
        print('result: ', result)


s = line_splitter(',')
print(s.__next__())
print('begin splitting')
print('send: ', s.send('A,B,C'))
print('send: ', s.send('100, 200, 300'))
