import asyncio
from asyncio.subprocess import PIPE


async def main():
    cat = await asyncio.create_subprocess_exec('cat', stdin=PIPE, stdout=PIPE)
    output, _ = await cat.communicate(b'!' * 1024 * 1024)
    print(len(output) // 1024, 'KiB, exit code', cat.returncode)


asyncio.run(main())
