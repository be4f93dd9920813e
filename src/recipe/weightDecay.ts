/**
 * Which weight decay a parameter gets, as torchvision.ops._utils.split_normalization_params and train.py of
 * 0.14.1 arrange it: the bias of the last layer decays like any weight, batch norm's γ and β may differ.
 */
import type { Recipe } from './recipe.ts';

/** `norm`: γ and β of batch norm. `other`: convolution weights, weight and bias of the linear layer. */
export type ParameterKind = 'norm' | 'other';

export interface ParameterGroup<Parameter> {
  weightDecay: number;
  /** In the model's order. */
  parameters: Parameter[];
}

type WeightDecays = Pick<Recipe, 'weightDecay' | 'normWeightDecay'>;

/** Share of a parameter that is added to its gradient each step. */
export function weightDecayFor(recipe: WeightDecays, kind: ParameterKind): number {
  return kind === 'norm' ? (recipe.normWeightDecay ?? recipe.weightDecay) : recipe.weightDecay;
}

/**
 * The optimizer's parameter groups in torch's order, which a checkpoint's indices count in: one group of
 * everything where normWeightDecay is null, else "other" before "norm". Empty groups are left out.
 *
 * @param parameters in the model's order.
 */
export function weightDecayGroups<Parameter extends { kind: ParameterKind }>(
  recipe: WeightDecays,
  parameters: readonly Parameter[],
): ParameterGroup<Parameter>[] {
  if (recipe.normWeightDecay === null) {
    return [{ weightDecay: recipe.weightDecay, parameters: [...parameters] }];
  }
  return (['other', 'norm'] as const)
    .map((kind) => ({
      weightDecay: weightDecayFor(recipe, kind),
      parameters: parameters.filter((parameter) => parameter.kind === kind),
    }))
    .filter((group) => group.parameters.length > 0);
}
