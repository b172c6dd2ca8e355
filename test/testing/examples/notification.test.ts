import { loadRecipe } from '../../recipes/load-recipe.js'

loadRecipe('A notification')
