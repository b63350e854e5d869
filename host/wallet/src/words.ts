/** The 256 words of the phrases: short, known, easy to tell apart by ear. Their order is frozen. */

export const words: readonly string[] = (
  'acorn alarm amber anchor apple apron arch arrow aspen atlas autumn bacon badge bagel ' +
  'bamboo banjo barn basil basket beach beacon beetle bell bench berry bird biscuit ' +
  'blanket boat bonfire book bottle bread brick bridge broom brush bucket butter button ' +
  'cabin cactus camel candle canoe canvas carpet carrot castle cedar cellar chair chalk ' +
  'cherry chess chimney circus clay cliff clock cloud clover coast cocoa coffee comet ' +
  'copper coral cotton cradle crayon cricket crown crystal cup curtain daisy dawn desert ' +
  'desk diamond dinner dolphin donkey door dragon drum eagle earth easel echo elbow ' +
  'ember engine falcon fence fern fiddle field finger flag flame flute forest fork ' +
  'fossil fountain fox frost garden garlic ginger glacier glove goat gold goose grape ' +
  'grass guitar hammer harbor harvest hazel hedge helmet heron hill honey horse hotel ' +
  'igloo ink iron island ivory jacket jasmine jelly jigsaw jungle kayak kettle kitten ' +
  'ladder lagoon lake lamp lantern lemon lentil library lily linen lion lizard llama ' +
  'lobster magnet mango maple marble market meadow melon mirror mitten monkey moon moss ' +
  'mountain muffin museum mushroom napkin needle nest night noodle nutmeg oasis oat ' +
  'ocean olive onion orange orchard otter owl oyster paddle palace panda paper parrot ' +
  'pebble pencil pepper piano pigeon pillow pine planet plum pocket pond poppy potato ' +
  'pumpkin puppet puzzle quartz quilt rabbit radio raft rain raven ribbon river robin ' +
  'rocket root rose saddle saffron sailor salmon sandal scarf school shell ship silver ' +
  'snow soap sock spoon spring squirrel star stone storm sugar summer sunset swan table ' +
  'tailor tea temple thread tiger timber tomato torch'
)
  .trim()
  .split(' ');
