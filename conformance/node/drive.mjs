// Reads one errand a line from standard input, does them side by side, and writes what came of each to
// standard output, a line of JSON each: {"id", "reading"} or {"id", "error"}. The first line tells what there is.

import { createInterface } from 'node:readline';
import { clients, errands } from './clients.mjs';

const write = line => process.stdout.write(JSON.stringify(line) + '\n');

const causes = error => {
  const seen = [];
  for (let cause = error; cause && !seen.includes(cause) && seen.length < 5; cause = cause.cause ?? cause.lastError) {
    seen.push(cause);
  }
  return seen;
};

function described(error) {
  const all = causes(error);
  return {
    message: all.map(cause => `${cause.name ?? 'Error'}: ${cause.message ?? cause}`).join(' < '),
    status: all.map(cause => cause.status ?? cause.statusCode).find(status => status !== undefined) ?? null,
    code: all.map(cause => cause.code ?? cause.data?.error?.code).find(code => typeof code === 'string') ?? null,
    fault: all.some(cause => cause instanceof TypeError && !(cause.message ?? '').match(/terminated|fetch failed/)),
  };
}

async function run(line) {
  const { id, client, errand, server, order } = JSON.parse(line);
  try {
    const reading = errand
      ? await errands[errand](server, order)
      : await clients.find(({ title }) => title === client).read(server, order);
    write({ id, reading });
  } catch (error) {
    write({ id, error: described(error) });
  }
}

// What a client throws where nobody waits for it is no reason for the others to stop.
process.on('unhandledRejection', () => {});

createInterface({ input: process.stdin })
  .on('line', run)
  .on('close', () => process.exit(0));

write(clients.map(({ read: _, ...rest }) => rest));
