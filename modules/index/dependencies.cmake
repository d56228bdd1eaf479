find_dependency(ICU COMPONENTS uc)
