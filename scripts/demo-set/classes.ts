/**
 * Which emoji belong to which class of the demo set.
 *
 * Classes follow the `subcategory` of emoji-datasource (Unicode's emoji-test.txt groups). Where a
 * subcategory holds things that no one would call by the class's name (a traffic light is no vehicle), those
 * are left out: they would be label noise.
 */

/** Class → subcategories of emoji-datasource's emoji.json. */
const subcategories: Record<string, readonly string[]> = {
  // Cat and monkey heads with expressions are animals to look at, whatever they feel.
  animal: [
    'animal-amphibian',
    'animal-bird',
    'animal-bug',
    'animal-mammal',
    'animal-marine',
    'animal-reptile',
    'cat-face',
    'monkey-face',
  ],
  building: ['place-building', 'place-religious'],
  clock: ['time'],
  clothing: ['clothing'],
  face: [
    'face-affection',
    'face-concerned',
    'face-costume',
    'face-glasses',
    'face-hand',
    'face-hat',
    'face-negative',
    'face-neutral-skeptical',
    'face-sleepy',
    'face-smiling',
    'face-tongue',
    'face-unwell',
  ],
  food: ['drink', 'food-asian', 'food-prepared', 'food-sweet'],
  'fruit-vegetable': ['food-fruit', 'food-vegetable'],
  hand: [
    'hand-fingers-closed',
    'hand-fingers-open',
    'hand-fingers-partial',
    'hand-prop',
    'hand-single-finger',
    'hands',
  ],
  plant: ['plant-flower', 'plant-other'],
  'sky-weather': ['sky & weather'],
  'sport-game': ['game', 'sport'],
  tool: ['tool'],
  vehicle: ['transport-air', 'transport-ground', 'transport-water'],
};

/** Short names (emoji-datasource) of what is filed under a subcategory without being of the class. */
const leftOut = new Set([
  // Building materials.
  ...['bricks', 'rock', 'wood'],
  // A heap and a video game's sprite.
  ...['hankey', 'space_invader'],
  // What a drink is cooled with.
  ...['ice_cube'],
  // Road furniture, parts and places of traffic.
  ...['anchor', 'busstop', 'construction', 'fuelpump', 'motorway', 'octagonal_sign', 'oil_drum'],
  ...[
    'railway_track',
    'ring_buoy',
    'rotating_light',
    'seat',
    'traffic_light',
    'vertical_traffic_light',
    'wheel',
  ],
]);

/** Class names in label order (by code point, as ImageFolder sorts). */
export const demoClasses: readonly string[] = Object.keys(subcategories).sort();

const classOfSubcategory = new Map(
  Object.entries(subcategories).flatMap(([name, list]) =>
    list.map((subcategory): [string, string] => [subcategory, name]),
  ),
);

/** One emoji as emoji-datasource lists it; only the fields used here. */
export interface EmojiEntry {
  /** Code points in upper-case hex, joined by `-`. */
  unified: string;
  short_name: string;
  subcategory: string;
}

/** The emoji's class, or null where the demo set does not use it. */
export function classOf(emoji: EmojiEntry): string | null {
  if (leftOut.has(emoji.short_name)) return null;
  return classOfSubcategory.get(emoji.subcategory) ?? null;
}
