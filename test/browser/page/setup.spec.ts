/** The set-up: data in, recipe edited, and messages at the field that caused them. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { expect, test } from '@playwright/test';
import { openFake, pictureFile } from './support.ts';

test('the demo set is imported by itself, with progress, and shows what it holds', async ({ page }) => {
  await openFake(page, 'importMs=1500');
  await expect(page.getByRole('progressbar')).toBeVisible();
  const data = page.getByRole('region', { name: 'Data' });
  await expect(data).toContainText('13 classes, 2,654 images');
  await expect(data.getByRole('list', { name: 'Some training images' }).getByRole('img')).toHaveCount(26);
  await expect(data).toContainText('known objects in a new style');
});

test('an import can be cancelled', async ({ page }) => {
  await openFake(page, 'importMs=30000');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('progressbar')).toBeHidden();
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('refused storage is said in the data panel', async ({ page }) => {
  await openFake(page, 'storageRefused');
  await expect(page.getByRole('region', { name: 'Data' }).getByRole('alert')).toContainText('private window');
});

test('files that could not be read are listed by name', async ({ page }) => {
  await openFake(page, 'unreadable');
  await page.getByText('2 files could not be read').click();
  await expect(page.getByText('pets/cat/IMG_0042.HEIC')).toBeVisible();
});

test('classes are made by hand: named, filled by picker and paste, checked, imported', async ({ page }) => {
  await openFake(page, 'stored');
  await page.getByRole('button', { name: /Use my photos/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Use my photos' });
  await dialog.getByRole('button', { name: 'Make classes by hand' }).click();
  await dialog.getByLabel('Name of class 1').fill('cup');
  await dialog
    .getByRole('region', { name: 'cup' })
    .locator('input[type=file]')
    .first()
    .setInputFiles([pictureFile('a.png'), pictureFile('b.png')]);
  await dialog.getByRole('button', { name: 'Import' }).click();
  await expect(dialog.getByRole('alert')).toHaveText(/Class 2 has no name yet/);
  await dialog.getByLabel('Name of class 2').fill('plate');
  // A paste goes to the class that was last worked on.
  for (const name of ['c.png', 'd.png']) {
    await page.evaluate((fileName) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File(['x'], fileName, { type: 'image/png' }));
      document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true }));
    }, name);
  }
  await expect(dialog.getByRole('region', { name: 'plate' })).toContainText('2 pictures');
  await dialog.getByLabel('Name', { exact: true }).fill('Kitchen');
  await dialog.getByRole('button', { name: 'Import' }).click();
  await expect(dialog).toBeHidden();
  await expect(page.getByRole('region', { name: 'Data' })).toContainText('2 classes, 2 images');
  await expect(page.getByLabel('Data set stored here')).toContainText('Kitchen');
});

test('a dropped folder is read with its paths', async ({ page }) => {
  await openFake(page, 'stored');
  const transfer = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(['x'], 'notes.txt', { type: 'text/plain' }));
    return data;
  });
  await page.locator('#data > div').dispatchEvent('drop', { dataTransfer: transfer });
  const dialog = page.getByRole('dialog', { name: 'Use my photos' });
  await expect(dialog).toContainText('1 file from “notes.txt”');
  await dialog.getByRole('button', { name: 'Import' }).click();
  await expect(dialog.getByRole('alert')).toContainText('None of these files is a picture');
});

test('a picked folder keeps its paths', async ({ page }, testInfo) => {
  for (const path of ['pets/cat/1.png', 'pets/cat/2.png', 'pets/dog/1.png', 'pets/dog/2.png']) {
    const file = testInfo.outputPath(path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, pictureFile(path).buffer);
  }
  await openFake(page, 'stored');
  await page.getByRole('button', { name: /Use my photos/ }).click();
  const dialog = page.getByRole('dialog', { name: 'Use my photos' });
  await dialog.locator('input[type=file]').first().setInputFiles(testInfo.outputPath('pets'));
  await expect(dialog).toContainText('4 files from “pets”');
  await dialog.getByText('Options').click();
  await dialog.getByLabel(/Longest edge/).fill('256');
  await dialog.getByRole('button', { name: 'Import' }).click();
  await expect(page.getByRole('region', { name: 'Data' })).toContainText('2 classes, 2 images');
});

test('a file dropped beside its target does not leave the page', async ({ page }) => {
  await openFake(page, 'stored');
  const wasPrevented = await page.evaluate(() => {
    const drop = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: new DataTransfer() });
    document.body.dispatchEvent(drop);
    return drop.defaultPrevented;
  });
  expect(wasPrevented).toBe(true);
});

test('the camera takes one picture a press, and many while the shutter is held', async ({ page }) => {
  // A camera made of a canvas: everything after getUserMedia is real.
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => {
      const canvas = document.createElement('canvas');
      canvas.width = 320;
      canvas.height = 240;
      const context = canvas.getContext('2d');
      let shade = 0;
      setInterval(() => {
        shade = (shade + 16) % 256;
        if (context === null) return;
        context.fillStyle = `rgb(${String(shade)} 90 160)`;
        context.fillRect(0, 0, 320, 240);
      }, 30);
      return Promise.resolve(canvas.captureStream(30));
    };
  });
  await openFake(page, 'stored');
  await page.getByRole('button', { name: /Use my photos/ }).click();
  await page.getByRole('button', { name: 'Make classes by hand' }).click();
  await page.getByLabel('Name of class 1').fill('hand');
  await page.getByRole('button', { name: 'Use the camera for hand' }).click();
  const camera = page.getByRole('dialog', { name: 'Photograph for “hand”' });
  const shutter = camera.getByRole('button', { name: /Take/ });
  await expect(shutter).toBeEnabled();
  await shutter.press('Enter');
  await expect(camera).toContainText('1 picture taken');
  await shutter.hover();
  await page.mouse.down();
  await expect(camera).toContainText(/[4-9] pictures taken/);
  await page.mouse.up();
  await camera.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('region', { name: 'hand' }).getByRole('listitem')).not.toHaveCount(0);
});

test('a camera that is not allowed says what to do', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await openFake(page, 'stored');
  await page
    .getByRole('region', { name: 'Try your own image' })
    .getByRole('button', { name: 'Camera' })
    .click();
  await expect(page.getByRole('alert')).toHaveText(/Allow it in the address bar/);
});

test('a data set is deleted after a question in place', async ({ page }) => {
  await openFake(page, 'stored');
  await page.getByRole('button', { name: /^Delete the data set/ }).click();
  await expect(page.getByText('Delete it from this browser?')).toBeVisible();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(page.getByLabel('Data set stored here')).toBeHidden();
});

test('a wrong value is named at its field and Train says where to look', async ({ page }) => {
  await openFake(page, 'stored');
  const epochs = page.getByLabel('Epochs', { exact: true });
  await epochs.fill('many');
  await expect(epochs).toHaveAttribute('aria-invalid', 'true');
  await expect(epochs).toHaveAccessibleDescription(/epochs is "many"/);
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toHaveAccessibleDescription(
    /One field of the recipe needs a look/,
  );
  await page.getByRole('button', { name: /^Reset Epochs to 12/ }).click();
  await expect(epochs).toHaveValue('12');
  await expect(page.getByText('as the preset')).toBeVisible();
});

test('every field tells its default and its torchvision flag', async ({ page }) => {
  await openFake(page, 'stored');
  const batch = page.getByLabel('Batch size', { exact: true });
  await expect(batch).toHaveAccessibleDescription(/Preset: 32\. --batch-size/);
  await batch.focus();
  await expect(page.locator('#field-batchSize-description')).toBeVisible();
  await page.keyboard.press('ArrowUp');
  await expect(batch).toHaveValue('33');
});

test('linear scaling of the learning rate is offered, and all changes are undone in one step', async ({
  page,
}) => {
  await openFake(page, 'stored');
  await page.getByLabel('Batch size', { exact: true }).fill('64');
  await page.getByRole('button', { name: /^Use 0\.\d+/ }).click();
  await expect(page.getByText('changed: 2 fields')).toBeVisible();
  await page.getByRole('button', { name: 'Reset all' }).click();
  await expect(page.getByText('as the preset')).toBeVisible();
});

test('too few images for repeated augmentation’s sampler: said, and put right with one press', async ({
  page,
}) => {
  await openFake(page, 'stored');
  await page.getByLabel('Preset').selectOption('reference');
  const message = page.getByText(/keeps whole multiples of 256/);
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeVisible();
  await expect(message).toHaveCount(0);
  await page.getByLabel('Image limit').fill('180');
  await expect(message).toContainText('There are 180 training images');
  await page.getByRole('button', { name: 'Keep as many as there are' }).click();
  await expect(message).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Train', exact: true })).not.toHaveAttribute(
    'aria-disabled',
    'true',
  );
});

test('a command line is taken whole, or not at all with the unknown flag named', async ({ page }) => {
  await openFake(page, 'stored');
  await page.getByRole('button', { name: 'Command line' }).click();
  const dialog = page.getByRole('dialog', { name: 'Command line' });
  const text = dialog.getByRole('textbox');
  await expect(text).toHaveValue(/torchrun .*train\.py --model resnet18/);
  await text.fill('torchrun --nproc_per_node=2 train.py --model resnet34 --flip-out 3');
  await dialog.getByRole('button', { name: 'Use this command line' }).click();
  await expect(dialog.getByRole('alert')).toContainText('--flip-out');
  await text.fill('torchrun --nproc_per_node=2 train.py --model resnet34 --epochs 5');
  await dialog.getByRole('button', { name: 'Use this command line' }).click();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page.getByLabel('Epochs', { exact: true })).toHaveValue('5');
  await expect(page.getByRole('radio', { name: 'ResNet-34' })).toBeChecked();
});

test('a recipe is saved to a file and read back; a wrong field is named', async ({ page }) => {
  await openFake(page, 'stored');
  await page.getByLabel('Epochs', { exact: true }).fill('7');
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save recipe' }).click();
  const file = await download;
  expect(file.suggestedFilename()).toBe('recipe-resnet18.json');
  const text = await readFile(await file.path(), 'utf8');
  const input = page.getByRole('region', { name: 'Recipe' }).locator('input[type=file]');
  const asFile = (content: string) => ({
    name: 'recipe.json',
    mimeType: 'application/json',
    buffer: Buffer.from(content),
  });
  await page.getByRole('button', { name: 'Reset all' }).click();
  await input.setInputFiles(asFile(text.replace('"epochs"', '"epoch"')));
  await expect(page.getByRole('alert')).toContainText('epoch is not a field of a recipe');
  await input.setInputFiles(asFile('{"epochs":'));
  await expect(page.getByRole('alert')).toContainText('does not hold JSON');
  await input.setInputFiles(asFile(text));
  await expect(page.getByLabel('Epochs', { exact: true })).toHaveValue('7');
  await expect(page.getByRole('alert')).toHaveCount(0);
});
