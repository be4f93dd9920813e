/** What tuning found, kept in IndexedDB for each device as the browser shows it. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { withStorageErrors } from '../data/storage.ts';
import type { EngineDevice } from '../engine/device.ts';
import type { KernelChoice } from '../engine/plan/builder.ts';
import type { PassSpeeds } from '../engine/tuning/tune.ts';

export interface Tuning {
  choice: KernelChoice;
  gflops: PassSpeeds;
  tunedAtMs: number;
}

interface DeviceDatabase extends DBSchema {
  tunings: { key: string; value: Tuning };
}

/** Raised when kernels change so much that earlier timings say nothing about them. */
const kernelGeneration = 1;

export class TuningStore {
  private constructor(private readonly database: IDBPDatabase<DeviceDatabase>) {}

  /** @throws StorageError that says what refuses storage and what to do */
  static async open(): Promise<TuningStore> {
    return await withStorageErrors(async () => {
      const database = await openDB<DeviceDatabase>('tabtrain-device', 1, {
        upgrade(created) {
          created.createObjectStore('tunings');
        },
      });
      return new TuningStore(database);
    });
  }

  async read(key: string): Promise<Tuning | null> {
    return (await withStorageErrors(() => this.database.get('tunings', key))) ?? null;
  }

  async put(key: string, tuning: Tuning): Promise<void> {
    await withStorageErrors(() => this.database.put('tunings', tuning, key));
  }
}

/**
 * A new driver or browser, or other limits, may make other kernels fast: adapter, browser version and limits are
 * the key.
 * @param browser its user-agent string
 */
export function tuningKey({ adapterName, device }: EngineDevice, browser: string): string {
  return JSON.stringify([
    kernelGeneration,
    adapterName,
    browser,
    [...device.features].sort(),
    deviceLimits(device),
  ]);
}

/** Every limit of a device by its name. */
export function deviceLimits({ limits }: GPUDevice): [name: string, value: number][] {
  const found: [string, number][] = [];
  // They are getters of the prototype in browsers.
  for (const name in limits) {
    const value: unknown = limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') found.push([name, value]);
  }
  return found.sort(([a], [b]) => (a < b ? -1 : 1));
}
