// A program that a test drives: one JSON command a line on standard input, one JSON line a happening on standard output.
import { createInterface } from "node:readline";

export function tell(happening) {
  process.stdout.write(JSON.stringify(happening) + "\n");
}

export async function drive(commands) {
  for await (const line of createInterface({ input: process.stdin })) {
    const { command, ...parameters } = JSON.parse(line);
    try {
      tell({ done: command, result: (await commands[command](parameters)) ?? null });
    } catch (error) {
      tell({ failed: command, error: String(error.message ?? error), detail: error.errorDetail ?? null });
    }
  }
  process.exit(0);
}
