import asyncio


async def main():
    reader = asyncio.StreamReader()
    reader.feed_data(b'T-minus 3\nT-min')
    reader.feed_data(b'us 2\nBlast')
    reader.feed_eof()
    print(await reader.readline(), await reader.readline())
    try:
        await reader.readexactly(10)
    except asyncio.IncompleteReadError as end:
        print(end.partial)


asyncio.run(main())
